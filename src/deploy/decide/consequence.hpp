// SPDX-License-Identifier: MIT
// What follows from the outcome of an action, for records, decision and tries. Pure functions: the executors write what
// they return, and the simulated world of tests/simulation takes it as it is.
#pragma once

#include "base/error.hpp"
#include "deploy/decide/decide.hpp"
#include "deploy/picture/picture.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::deploy {

/// What is wanted could not go live, through no fault of its own: it is tried again, later each time.
[[nodiscard]] Tries after_put_off(const Picture& picture, std::string why);
/// The same for a roll back from a live release that failed on probation.
[[nodiscard]] Tries after_way_back_failed(const Picture& picture, std::string why);
/// Whether the next start need not wait in spite of the earlier ones: the release lived long, somebody told it to end,
/// or it exited with status 0 after a second or more, as an idle program does.
[[nodiscard]] bool is_start_forgotten(const Picture& picture, const ReleasePicture& live);
/// The live release is started again. The next start waits for its time, whatever happens to this one: a release can
/// crash as soon as it is up.
[[nodiscard]] Tries after_start_of_live(const Picture& picture);
/// That start has failed; known at `now`.
[[nodiscard]] Tries after_failed_start_of_live(Tries tries, site::Time now, std::string why);
/// Somebody listens again where nobody did, or not yet; known at `now`.
[[nodiscard]] Tries after_listening(Tries tries);
[[nodiscard]] Tries after_failed_listening(Tries tries, site::Time now, std::string why);
/// The wish is decided.
[[nodiscard]] Tries after_verdict(const Picture& picture);
[[nodiscard]] Tries after_switch(const Picture& picture);

/// The records that a switch to the candidate changes. The candidate's is the last.
[[nodiscard]] std::vector<site::Manifest> records_after_switch(const Picture& picture, const Candidate& candidate,
                                                               const std::map<std::string, double>& step_ms,
                                                               site::Time now);
/// The same for a switch whose process was killed: the live link is set.
[[nodiscard]] std::vector<site::Manifest> records_after_interrupted_switch(const Picture& picture);

/// `made_live`: the release that this process made live before.
[[nodiscard]] Decision decision_after_switch(const Picture& picture, const Candidate& candidate,
                                             std::optional<int> made_live);
/// The same for a switch whose process was killed. Empty: look at the directory anew.
[[nodiscard]] std::optional<Decision> decision_after_interrupted_switch(const Picture& picture);
/// What is wanted cannot be a release, or was one, `rejected`, and failed.
[[nodiscard]] Decision decision_after_refusal(const Picture& picture, std::optional<int> rejected, const Error& error);
/// The live release has the wanted content.
[[nodiscard]] Decision decision_unchanged(const Picture& picture, int live);

/// What to do about an error of an action.
enum class Recourse {
    end,              ///< the look ends; the next one sees the result
    refuse,           ///< the wish is not allowed
    put_off,          ///< it is tried again
    put_off_way_back, ///< the same for a roll back
    drop,             ///< ... and the candidate of this try is dropped
};
[[nodiscard]] Recourse recourse(ErrorKind kind, Act act, bool has_candidate) noexcept;

} // namespace baton::deploy
