// SPDX-License-Identifier: MIT
// The one decision of the engine: from the whole picture to the one thing to do next. Pure. No other code decides what
// happens to a release. It keeps these rules:
//   R2  a wish stands until its content is live, its content is refused, or a newer wish replaces it; only what the
//       content itself did counts against it, what the host did is tried again
//   R3  a proven release is always started again, and never exchanged for other code; one on probation is rolled back
//
// The table, top to bottom; the first line that applies is the action.
//
//   condition                                                            the action
//   the live link is set, but its switch is not recorded                 finish_switch
//   the site is stopped, or the host goes down                           drop the candidate; forget_failure; tell
//                                                                        what runs; unbind; write_units that are
//                                                                        gone; settled
//   a release runs that is neither live nor the candidate                tell it to leave
//   the unit of such a release failed as it ended                        forget_failure
//   a record is pending and is not the candidate: its deploy was killed  drop, no verdict
//   the unit files are not what is needed                                write_units
//   the watch has failed                                                 start_watch
//   nobody listens on an address of the live release                     listen, at its next try
//   the candidate's content is no longer wanted                          drop, no verdict
//   the candidate failed by itself                                       reject: a verdict on its content
//   the candidate could not be tried: canceled, no listener, no space    drop, no verdict; next try
//   the candidate is imported, bound, started, up, checked               bind, start, check, switch_over;
//                                                                        before: start, wait for the answers of
//                                                                        its preflight, preflight (conclude it)
//   an older release is wanted                                           copy it as the candidate
//   watch.conf differs from what was last decided, or the rest of that
//   upload has come                                                      wait until it is quiet; import
//   ... and while one of these waits:
//   the live release was started again and failed                        count it, for its next try
//   the live release failed by itself on probation; a way back exists    go_back
//   the live release is down otherwise, and no person stopped it         start_live at its next try
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
    preflight,
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

/// Who is to blame for a dropped candidate.
enum class Fault {
    none, ///< nobody: a newer wish, or a stop
    host, ///< the host: tried again, later each time
};

struct Action {
    Act act = Act::settled;
    int release = 0;           ///< the release it is about
    std::string why;           ///< of drop
    Fault fault = Fault::none; ///< of drop
    std::string unit;          ///< of listen and unbind
    /// Of wait: until something changes, but at most this long. An `idle` wait needs no process: a timer waits.
    std::chrono::milliseconds limit{};
    bool idle = false;
};

[[nodiscard]] Action decide(const Picture& picture);

/// Whether a wish is not decided yet.
[[nodiscard]] bool is_wish_open(const Picture& picture);

} // namespace baton::deploy
