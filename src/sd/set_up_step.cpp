// SPDX-License-Identifier: MIT
#include "sd/set_up_step.hpp"

#include "base/exec_status.hpp"

#include <array>
#include <csignal>
#include <cstdint>
#include <utility>

namespace baton::sd {

std::string_view failed_set_up_step(const UnitStatus& status) noexcept {
    if (status.main_was_executed) return {};
    constexpr std::array<std::pair<std::int32_t, std::string_view>, 12> k_steps{
        {{k_exit_no_socket, "Sockets=, it had no listening socket to pass,"},
         {k_exit_no_preflight, "the preflight, it got no sockets from baton,"},
         {200, "CHDIR, WorkingDirectory="},
         {217, "USER, User="},
         {219, "CGROUP"},
         {226, "NAMESPACE, the sandbox"},
         {228, "SECCOMP, SystemCallFilter="},
         {233, "RUNTIME_DIRECTORY"},
         {238, "STATE_DIRECTORY, StateDirectory="},
         {239, "CACHE_DIRECTORY, CacheDirectory="},
         {240, "LOGS_DIRECTORY, LogsDirectory="},
         {241, "CONFIGURATION_DIRECTORY, ConfigurationDirectory="}}};
    for (const auto& [code, step] : k_steps)
        if (status.exec_main_code == CLD_EXITED && status.exec_main_status == code) return step;
    return {};
}

} // namespace baton::sd
