// SPDX-License-Identifier: MIT
// Asks the new release whether it is healthy, on its private socket, never through the shared port.
#pragma once

#include "deploy/units/private_socket.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace baton::deploy {

struct HealthCheck {
    PrivateSocket socket;
    std::string path; ///< HealthPath
    std::string host; ///< HealthHost
    int release;      ///< what the answering process must call itself
    std::uint32_t main_pid;
    std::string invocation_id;
    std::function<void()> require_up = [] {}; ///< throws if the release has ended
    std::chrono::milliseconds limit{10'000};  ///< for the whole check: a 2xx must arrive by then
};

/// Returns when a 2xx arrives. Throws Error (rejected) that says what arrived instead.
void check_health(const HealthCheck& check);

/// Calls `ask` with the time that is left until it returns a 2xx; throws Error (rejected) after `limit`.
void ask_until_healthy(const std::string& path, std::chrono::milliseconds limit,
                       const std::function<HttpReply(std::chrono::microseconds left)>& ask);

} // namespace baton::deploy
