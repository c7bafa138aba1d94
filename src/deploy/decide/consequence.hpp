// SPDX-License-Identifier: MIT
// What follows for the records, the decision and the tries from how an action ended. Pure functions: the executors
// write what they return, and the simulated world of tests/simulation believes it.
#pragma once

#include "base/error.hpp"
#include "deploy/decide/decide.hpp"
#include "deploy/picture/picture.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::deploy {

/// What is wanted could not be made live, by no fault of its own: tried again, later each time.
[[nodiscard]] Tries after_put_off(const Picture& picture, std::string why);
/// The same for the way back from a live release that failed on probation.
[[nodiscard]] Tries after_way_back_failed(const Picture& picture, std::string why);
/// Whether the starts of the live release so far are no reason to wait with the next one: it lived long, or somebody
/// told it to end, or it ended well after a second, as a program does that is idle.
[[nodiscard]] bool is_start_forgotten(const Picture& picture, const ReleasePicture& live);
/// The live release is started again: the next start is not before its time, whatever becomes of this one; a release
/// may crash as soon as it is up.
[[nodiscard]] Tries after_start_of_live(const Picture& picture);
/// That start has failed, as is known `now`.
[[nodiscard]] Tries after_failed_start_of_live(Tries tries, site::Time now, std::string why);
/// Somebody listens again where nobody did, or not yet, as is known `now`.
[[nodiscard]] Tries after_listening(Tries tries);
[[nodiscard]] Tries after_failed_listening(Tries tries, site::Time now, std::string why);
/// The wish is decided.
[[nodiscard]] Tries after_verdict(const Picture& picture);
[[nodiscard]] Tries after_switch(const Picture& picture);

/// The records that a switch to the candidate changes, the candidate's last.
[[nodiscard]] std::vector<site::Manifest> records_after_switch(const Picture& picture, const Candidate& candidate,
                                                               const std::map<std::string, double>& step_ms,
                                                               site::Time now);
/// The same for a switch whose process was killed: the live link is set.
[[nodiscard]] std::vector<site::Manifest> records_after_interrupted_switch(const Picture& picture);

/// `made_live`: the release that this very process has made live before.
[[nodiscard]] Decision decision_after_switch(const Picture& picture, const Candidate& candidate,
                                             std::optional<int> made_live);
/// The same for a switch whose process was killed; none: what the directory has is looked at anew.
[[nodiscard]] std::optional<Decision> decision_after_interrupted_switch(const Picture& picture);
/// What is wanted cannot be a release, or was one that did not hold.
[[nodiscard]] Decision decision_after_refusal(const Picture& picture, Decision::Result result, const Error& error);
/// The live release has what is wanted.
[[nodiscard]] Decision decision_unchanged(const Picture& picture, int live);

/// What is to be done about an error of an action.
enum class Recourse {
    end,              ///< the look ends; what became of the action is seen by the next one
    refuse,           ///< what is wanted is not allowed
    put_off,          ///< it is tried again
    put_off_way_back, ///< the same, of going back
    drop,             ///< ... and the candidate of this try goes
};
[[nodiscard]] Recourse recourse(ErrorKind kind, Act act, bool has_candidate) noexcept;

} // namespace baton::deploy
