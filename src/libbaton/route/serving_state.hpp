// SPDX-License-Identifier: MIT
// The life of a server, from its start to its end.
#pragma once

#include <cstdint>

namespace baton::engine {

/// It only goes forward. Entered by the thread in run() alone; every thread may ask.
///   state     the public sockets        a connection                                 left when
///   held      wait, or are not taken    (private ones are served)                    baton says so, or this release is
///   live: serving;
///                                                                                    baton has died before that:
///                                                                                    draining
///   serving   are accepted from         is served                                    SIGTERM, drain(), idle for long:
///   draining;
///                                                                                    stop(): stopping
///   draining  are not accepted from     ends with its next reply, or when idle       the deadline, a second signal:
///   cutting stopping  are not accepted from     ends at once if no request is in flight;     the same
///                                       a stream ends in the middle
///   cutting   are not accepted from     ends at once                                 (the end of run())
/// run() returns from draining, stopping and cutting when no public connection is left.
enum class ServingState : std::uint8_t { held, serving, draining, stopping, cutting };

constexpr bool is_draining(ServingState state) noexcept {
    return state >= ServingState::draining;
}

/// As /.baton/state and the metrics tell it: how a drain is to end is nobody's business there.
constexpr const char* public_name(ServingState state) noexcept {
    if (is_draining(state)) return "draining";
    return state == ServingState::held ? "held" : "serving";
}

} // namespace baton::engine
