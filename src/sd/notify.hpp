// SPDX-License-Identifier: MIT
// The service's side of sd_notify(3) and sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace baton::sd {

enum class Notified {
    sent,     ///< the service manager has it in its queue
    nobody,   ///< NOTIFY_SOCKET is not set: not started by systemd, or Type= is not notify
    not_sent, ///< there is a socket, and sending failed
};

/// Sends newline-separated assignments such as "READY=1\nSTATUS=serving"; see sd_notify(3) for the names.
/// The environment is left as it is.
Notified notify(std::string_view state) noexcept;

/// How often systemd wants WATCHDOG=1 at the latest (WatchdogSec= of the unit); feed it at half of this.
/// Empty: no watchdog, or it is another process's (WATCHDOG_PID); sd_watchdog_enabled(3).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() noexcept;

} // namespace baton::sd
