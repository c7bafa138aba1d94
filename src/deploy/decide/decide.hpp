// SPDX-License-Identifier: MIT
// The one decision of the engine: from everything that is the case to the one thing to do next. Pure; no other code
// decides what becomes of a release. The rules it keeps:
//   R2  a wish stands until its content is live, its content is refused, or a newer one replaces it; only what the
//       content itself did is a verdict on it, what the host did is tried again
//   R3  what is proven is started again, for ever, and never exchanged for other code; what is on probation goes back
//
// The table, top to bottom; the first line that applies is the action.
//
//   the case                                                             the action
//   the live link is set and its switch not recorded                     finish_switch
//   the site is stopped, or the host goes down                           drop the candidate; forget_failure; tell
//                                                                        what runs; unbind; settled
//   a release runs that is neither live nor the candidate                tell it to leave
//   the unit of such a release failed as it ended                        forget_failure
//   a record is pending and is not the candidate: its deploy was killed  drop, no verdict
//   the unit files are not those that are needed                         write_units
//   the watch has failed                                                 start_watch
//   nobody listens any more where the live release is to be reached      listen, at its next try
//   the candidate's content is no longer what is wanted                  drop, no verdict
//   the candidate failed of itself                                       reject: a verdict on its content
//   the candidate could not be tried: canceled, no listener, no space    drop, no verdict; next try
//   the candidate is imported, bound, started, up, checked               bind, start, check, switch_over
//   an older release is wanted                                           copy it as the candidate
//   watch.conf is not what was last decided on, or that was half of an
//   upload whose rest has come                                           wait until it is quiet; import
//   ... and while one of those waits:
//   the live one was started again and failed                            count it, for its next try
//   the live one failed of itself on probation, and there is a way back  go_back
//   the live one is down otherwise, and not because a person stopped it  start_live at its next try
//   a listener that no release needs; more snapshots than are kept       unbind; prune
//   the rest of an upload may still come                                 look again soon
//   else                                                                 settled, or wait
#pragma once

#include "deploy/picture/picture.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace baton::deploy {

enum class Act {
    finish_switch,
    tell,
    forget_failure,
    drop,
    write_units,
    start_watch,
    listen,
    reject,
    bind,
    start,
    check,
    switch_over,
    copy,
    import,
    count_failure,
    go_back,
    start_live,
    unbind,
    prune,
    wait,
    settled,
};
[[nodiscard]] std::string_view act_text(Act act) noexcept;

/// Whose doing it is that a candidate is dropped.
enum class Fault {
    none, ///< a newer wish, a stop
    host, ///< it is tried again, later each time
};

struct Action {
    Act act = Act::settled;
    int release = 0;           ///< whom it is about
    std::string why;           ///< of drop
    Fault fault = Fault::none; ///< of drop
    std::string unit;          ///< of listen and unbind
    /// Of wait: until something changes, this long at most. A wait that is `idle` needs no process: a timer does.
    std::chrono::milliseconds limit{};
    bool idle = false;
};

[[nodiscard]] Action decide(const Picture& picture);

/// Whether something is wanted that has not been decided yet.
[[nodiscard]] bool is_wish_open(const Picture& picture);

} // namespace baton::deploy
