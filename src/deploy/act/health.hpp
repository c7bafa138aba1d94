// SPDX-License-Identifier: MIT
// Asks the new release itself whether it is well, on the private socket that only it has; never through the shared
// port.
#pragma once

#include "deploy/units/private_socket.hpp"

#include <chrono>
#include <string>

namespace baton::deploy {

struct HealthCheck {
    PrivateSocket socket;
    std::string path; ///< HealthPath
    std::string host; ///< HealthHost
    int release;      ///< what the answering process must say it is
    std::uint32_t main_pid;
    std::string invocation_id;
    std::chrono::milliseconds limit{10'000}; ///< in all; a 2xx must have come by then
};

/// Returns when a 2xx has come. Throws Error (rejected) that says what came instead.
void check_health(const HealthCheck& check);

} // namespace baton::deploy
