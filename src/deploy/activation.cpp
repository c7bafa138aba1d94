// SPDX-License-Identifier: MIT
#include "deploy/activation.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/pursuit.hpp"
#include "deploy/running.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>

namespace baton::deploy {
namespace {

constexpr auto k_patience = std::chrono::seconds{1};
constexpr auto k_look_again = std::chrono::milliseconds{500};

/// A release may put off its own end by EXTEND_TIMEOUT_USEC=, and one that ill-wills for ever. Within the time that the
/// handle has for its stop; afterwards nobody would be there to end it.
std::chrono::microseconds limit_of_stop(SiteContext& context) {
    constexpr std::chrono::microseconds k_margin = std::chrono::minutes{1};
    const auto whole = context.manager.status(handle_unit(context.name())).timeout_stop;
    return whole - std::min(whole / 4, k_margin);
}

void kill_release(SiteContext& context, int release) {
    context.story.say(Event::warning, sd::Priority::warning,
                      fmt::format("release {} is killed: it has put off its end for longer than TimeoutStopSec= of {} "
                                  "allows",
                                  release, handle_unit(context.name())));
    context.manager.kill(release_unit(context.name(), release), SIGKILL);
}

} // namespace

/// systemd starts us again at once for as long as a connection waits: that is not to take a whole processor.
void activate_for_client(SiteContext& context) try {
    if (!serving_releases(context.manager, context.name()).empty()) return;
    pursue(context, Trigger::connection);
    if (!serving_releases(context.manager, context.name()).empty()) return;
    throw Error{fmt::format("activating {}: no release is live yet", quote(context.name()))};
} catch (const Error&) {
    std::this_thread::sleep_for(k_patience);
    throw;
}

void activate_for_handle(SiteContext& context) {
    pursue(context, Trigger::start);
}

void stop_releases(SiteContext& context) {
    const auto limit = limit_of_stop(context);
    const auto begun = std::chrono::steady_clock::now();
    const auto is_in_time = [&] { // in microseconds: nanoseconds have no room for infinity
        const auto taken = std::chrono::steady_clock::now() - begun;
        return std::chrono::duration_cast<std::chrono::microseconds>(taken) < limit;
    };
    const auto running = running_releases(context.manager, context.name());
    for (const auto& [release, state] : running)
        context.manager.queue_stop(release_unit(context.name(), release));
    for (const auto& [release, state] : running) {
        const auto unit = release_unit(context.name(), release);
        while (context.manager.status(unit).around() && is_in_time())
            context.manager.wait_for_change(-1, k_look_again);
        if (context.manager.status(unit).around()) kill_release(context, release);
        (void)context.manager.stop(unit);
    }
}

void deactivate(SiteContext& context) {
    // The shutdown stops the releases itself, and the bus may end before they have.
    if (!context.manager.is_stopping()) stop_releases(context);
}

} // namespace baton::deploy
