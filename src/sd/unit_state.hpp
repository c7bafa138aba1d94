// SPDX-License-Identifier: MIT
// systemd's words for the state and the result of a unit, as types; org.freedesktop.systemd1(5). A word that this baton
// does not know is `unknown`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::sd {

/// ActiveState=
enum class ActiveState : std::uint8_t {
    unknown,
    active,
    reloading,
    inactive,
    failed,
    activating,
    deactivating,
    maintenance,
    refreshing,
};
/// LoadState=
enum class LoadState : std::uint8_t { unknown, stub, loaded, not_found, bad_setting, error, merged, masked };
/// Result= of a service
enum class ServiceResult : std::uint8_t {
    unknown,
    success,
    resources,
    protocol,
    timeout,
    exit_code,
    signal,
    core_dump,
    watchdog,
    exec_condition,
    start_limit_hit,
    oom_kill,
};
/// Type= of a service; `unknown` for other units.
enum class ServiceType : std::uint8_t { unknown, simple, forking, exec, oneshot, dbus, notify, notify_reload, idle };
/// NotifyAccess= of a service
enum class NotifyAccess : std::uint8_t { unknown, none, main, exec, all };

[[nodiscard]] ActiveState parse_active_state(std::string_view word) noexcept;
[[nodiscard]] LoadState parse_load_state(std::string_view word) noexcept;
[[nodiscard]] ServiceResult parse_service_result(std::string_view word) noexcept;
[[nodiscard]] ServiceType parse_service_type(std::string_view word) noexcept;
[[nodiscard]] NotifyAccess parse_notify_access(std::string_view word) noexcept;

/// "Service" for "shop.service": the name of its section in the unit file, and of its interface.
[[nodiscard]] std::string unit_type(std::string_view unit);

/// systemd's word.
[[nodiscard]] std::string_view text(ActiveState state) noexcept;
[[nodiscard]] std::string_view text(LoadState state) noexcept;
[[nodiscard]] std::string_view text(ServiceResult result) noexcept;

constexpr bool is_up(ActiveState state) noexcept {
    return state == ActiveState::active || state == ActiveState::reloading;
}
constexpr bool is_up_or_starting(ActiveState state) noexcept {
    return is_up(state) || state == ActiveState::activating;
}
constexpr bool is_down(ActiveState state) noexcept {
    return state == ActiveState::inactive || state == ActiveState::failed;
}
/// Whether the start completes with READY=1.
constexpr bool says_ready(ServiceType type) noexcept {
    return type == ServiceType::notify || type == ServiceType::notify_reload;
}

} // namespace baton::sd
