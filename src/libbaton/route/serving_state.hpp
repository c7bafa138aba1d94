// SPDX-License-Identifier: MIT
// The states of a server, from its start to its end.
#pragma once

#include <cstdint>

namespace baton::engine {

/// The state only moves forward. Only the thread in run() changes it; every thread may read it.
///   held      The public sockets wait, or are not taken yet. Private connections are served. Next: serving, when baton
///             says so or this release is live; draining, if baton has died before that.
///   serving   Public connections are accepted and served. Next: draining, at SIGTERM, drain() or a long idle time;
///             stopping, at stop().
///   draining  No more accepting. A connection ends with its next reply, or when idle. Next: cutting, at the
///             deadline or a second signal.
///   stopping  No more accepting. A connection ends at once if no request is in flight; a stream ends in the middle.
/// Next: cutting, as above; without a signal there is no deadline.
///   cutting   No more accepting. A connection ends at once. This is the last state.
/// run() returns from draining, stopping and cutting when no public connection is left.
enum class ServingState : std::uint8_t { held, serving, draining, stopping, cutting };

constexpr bool is_draining(ServingState state) noexcept {
    return state >= ServingState::draining;
}

/// The name in /.baton/state and the metrics, which do not distinguish how a drain ends.
constexpr const char* public_name(ServingState state) noexcept {
    if (is_draining(state)) return "draining";
    return state == ServingState::held ? "held" : "serving";
}

} // namespace baton::engine
