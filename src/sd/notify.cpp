// SPDX-License-Identifier: MIT
#include "sd/notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <string>

namespace baton::sd {

Notified notify(std::string_view state) noexcept try {
    const int sent = sd_notify(0, std::string{state}.c_str());
    return sent > 0 ? Notified::sent : sent == 0 ? Notified::nobody : Notified::not_sent;
} catch (...) { // out of memory
    return Notified::not_sent;
}

std::optional<std::chrono::microseconds> watchdog_interval() noexcept {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) return {};
    return std::chrono::microseconds{microseconds};
}

} // namespace baton::sd
