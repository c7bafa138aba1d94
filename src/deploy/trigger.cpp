// SPDX-License-Identifier: MIT
#include "deploy/trigger.hpp"

#include <algorithm>
#include <chrono>

namespace baton::deploy {
namespace {

constexpr std::chrono::seconds k_too_soon{1}; // for a timer: until this process has ended

} // namespace

Occasion occasion_of(Trigger trigger) noexcept {
    return {.registers = trigger == Trigger::registration,
            .client_waits = trigger == Trigger::connection,
            .start_is_asked = trigger == Trigger::start || trigger == Trigger::wish || trigger == Trigger::reload,
            .start_only = trigger == Trigger::start};
}

bool stays(Trigger trigger, const Picture& picture, const Action& action) {
    if (action.act == Act::settled) return false;
    if (trigger == Trigger::change) {
        if (picture.conf.rest_has_come) return true; // a timer came for it
        // The timer would find the unit of this process still running: a start that systemd merges, and so loses.
        if (action.limit <= k_too_soon) return true;
    }
    // Wait with the waiting client: otherwise its activation would only start again. If nothing listens, no client
    // waits: a started release has started the activation.
    const auto* const live = picture.find(picture.live);
    const bool serves = live != nullptr && (live->run == Run::up || live->run == Run::leaving);
    const bool listens = std::any_of(picture.listeners.begin(), picture.listeners.end(),
                                     [](const ListenerPicture& listener) { return listener.active; });
    return !action.idle || (trigger == Trigger::connection && !serves && listens && picture.site_is_up);
}

bool needs_pursuit(const Glance& glance) noexcept {
    if (!glance.is_up) return glance.units_are_gone;
    return glance.watch_failed || glance.live_failed || glance.is_unrecorded || glance.is_deaf || glance.wish_is_open ||
           glance.listens_in_vain || glance.another_runs || glance.units_are_gone ||
           (glance.conf_differs && !glance.watch_stopped);
}

} // namespace baton::deploy
