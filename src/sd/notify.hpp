// SPDX-License-Identifier: MIT
// The service's side of sd_notify(3) and sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace baton::sd {

enum class Notified {
    sent,     ///< the service manager has it in its queue
    nobody,   ///< NOTIFY_SOCKET is unset: not started by systemd, or Type= is not notify
    not_sent, ///< sending to the socket failed
};

/// Sends newline-separated assignments such as "READY=1\nSTATUS=serving"; see sd_notify(3) for the names.
/// Leaves the environment unchanged.
Notified notify(std::string_view state) noexcept;

/// The longest time that systemd allows between WATCHDOG=1 messages (WatchdogSec= of the unit); send them at half of
/// it. Empty: no watchdog, or it is for another process (WATCHDOG_PID); sd_watchdog_enabled(3).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() noexcept;

} // namespace baton::sd
