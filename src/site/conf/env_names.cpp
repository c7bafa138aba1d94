// SPDX-License-Identifier: MIT
#include "site/conf/env_names.hpp"

#include <algorithm>
#include <array>

namespace baton::site {
namespace {

using namespace std::string_view_literals;

// systemd.exec(5) "Environment Variables Set or Propagated by the Service Manager", sd_listen_fds(3), sd_notify(3).
constexpr std::array k_of_systemd{
    "INVOCATION_ID"sv,
    "JOURNAL_STREAM"sv,
    "MAINPID"sv,
    "MANAGERPID"sv,
    "NOTIFY_SOCKET"sv,
    "PIDFILE"sv,
    "SERVICE_RESULT"sv,
    "EXIT_CODE"sv,
    "EXIT_STATUS"sv,
    "REMOTE_ADDR"sv,
    "REMOTE_PORT"sv,
    "USER"sv,
    "LOGNAME"sv,
    "FDSTORE"sv,
    "RUNTIME_DIRECTORY"sv,
    "STATE_DIRECTORY"sv,
    "CACHE_DIRECTORY"sv,
    "LOGS_DIRECTORY"sv,
    "CONFIGURATION_DIRECTORY"sv,
    "CREDENTIALS_DIRECTORY"sv,
    "LOG_NAMESPACE"sv,
};
constexpr std::array k_prefixes_of_systemd{"LISTEN_"sv,  "WATCHDOG_"sv,        "MONITOR_"sv,
                                           "TRIGGER_"sv, "MEMORY_PRESSURE_"sv, "SYSTEMD_"sv};

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

} // namespace

std::string_view why_no_env_name(std::string_view name) noexcept {
    const auto begins_with = [&](std::string_view prefix) { return name.starts_with(prefix); };
    const auto fits = [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    if (name.empty() || !is_letter(name.front()) || !std::all_of(name.begin(), name.end(), fits))
        return "expected a name of letters, digits and '_' that does not begin with a digit";
    if (begins_with("BATON_")) return "which only baton may set, expected another name";
    if (std::find(k_of_systemd.begin(), k_of_systemd.end(), name) != k_of_systemd.end() ||
        std::any_of(k_prefixes_of_systemd.begin(), k_prefixes_of_systemd.end(), begins_with))
        return "which only systemd may set, expected another name";
    // The unit first starts baton-exec: a library that was meant for the release would be loaded into it.
    if (begins_with("LD_") || name == "GLIBC_TUNABLES")
        return "which the loader would apply to baton-exec too, expected a program that sets it for itself (a script "
               "that ends with exec, or a run path in the program)";
    return {};
}

} // namespace baton::site
