// SPDX-License-Identifier: MIT
#include "deploy/activation.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/pursuit.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wait_until.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace baton::deploy {
namespace {

constexpr auto k_patience = std::chrono::seconds{1};
constexpr auto k_look_again = std::chrono::milliseconds{500};
constexpr auto k_closing = std::chrono::seconds{2}; // after that, only the drain can be slow

/// A release can extend its own stop with EXTEND_TIMEOUT_USEC=, and a hostile one does so for ever. We stay within the
/// time that the handle has for its stop: afterwards nobody could end the release.
std::chrono::microseconds limit_of_stop(SiteContext& context) {
    constexpr std::chrono::microseconds k_margin = std::chrono::minutes{1};
    const auto whole = context.manager.status(handle_unit(context.name())).timeout_stop;
    return whole - std::min(whole / 4, k_margin);
}

void kill_release(SiteContext& context, int release) {
    context.story.say(Event::warning, sd::Priority::warning,
                      fmt::format("release {} is killed: it extended its stop for longer than TimeoutStopSec= of {} "
                                  "allows",
                                  release, handle_unit(context.name())));
    context.manager.kill(release_unit(context.name(), release), SIGKILL);
}

/// The site's listeners and watch that are up.
std::vector<std::string> listening_units(SiteContext& context) {
    const auto& site = context.name();
    std::vector<std::string> units;
    for (auto& unit : context.manager.list({path_unit(site), first_listener_unit(site), moved_listener_pattern(site)}))
        if (!sd::is_down(unit.active_state)) units.push_back(std::move(unit.name));
    return units;
}

/// Whether the handle stops, and does not restart (a restart keeps listeners and watch). No dependency can tell the two
/// apart on every systemd: from 253 on, StopPropagatedFrom= passes a restart on as a stop (systemd#25977).
bool is_told_to_stop(SiteContext& context) {
    const auto handle = context.manager.list_named({handle_unit(context.name())});
    return !handle.empty() && handle.front().job == "stop";
}

/// Called before the releases are stopped: the stop of a listener waits for a release whose stop is already queued, and
/// nobody should wait in the queue of a closing listener until the releases have drained. Called again afterwards.
/// Bounded. When the host isolates a target without this site, such as rescue mode, the listener's stop is ordered
/// after the target's stop, which is ordered after the handle's stop, and that is us. The job is queued all the same.
void close_listeners(SiteContext& context) {
    for (const auto& unit : listening_units(context))
        context.manager.queue_stop(unit);
    (void)wait_until(
        k_closing, [&] { return listening_units(context).empty(); },
        [&] { context.manager.wait_for_change({}, k_look_again); });
}

/// We told it to end. Say how it ended, but leave no failed unit on a stopped site.
void forget_bad_end(SiteContext& context, int release) {
    const auto status = context.manager.status(release_unit(context.name(), release));
    if (status.active_state != sd::ActiveState::failed || !status.told_to_end) return;
    context.story.about(release);
    context.story.say(Event::warning, sd::Priority::warning,
                      fmt::format("release {} failed as it ended: {}", release, end_text(status)));
    context.manager.reset_failed(status.unit);
}

/// Ends the releases in parallel, and waits.
void stop_releases(SiteContext& context) {
    const auto limit = limit_of_stop(context);
    const auto begun = std::chrono::steady_clock::now();
    const auto left = [&] { // in microseconds: nanoseconds cannot hold an infinite limit
        const auto taken = std::chrono::steady_clock::now() - begun;
        return limit - std::chrono::duration_cast<std::chrono::microseconds>(taken);
    };
    const auto running = all_running_releases(context);
    for (const auto& [release, state] : running)
        context.manager.queue_stop(release_unit(context.name(), release));
    for (const auto& [release, state] : running) {
        const auto unit = release_unit(context.name(), release);
        const auto is_gone = [&] { return !context.manager.status(unit).around(); };
        if (!wait_until(left(), is_gone, [&] { context.manager.wait_for_change({}, k_look_again); }))
            kill_release(context, release);
        (void)context.manager.stop(unit);
        forget_bad_end(context, release);
    }
}

} // namespace

/// systemd starts us again at once while a connection waits. That must not use up a processor.
void activate_for_client(SiteContext& context) try {
    if (!serving_releases(context).empty()) return;
    pursue(context, Trigger::connection);
    if (!serving_releases(context).empty()) return;
    throw Error{fmt::format("activating {}: no release is live yet", quote(context.name()))};
} catch (const Error&) {
    std::this_thread::sleep_for(k_patience);
    throw;
}

void activate_for_handle(SiteContext& context) {
    pursue(context, Trigger::start);
}

void stop_everything(SiteContext& context) {
    close_listeners(context);
    stop_releases(context);
    close_listeners(context);
}

void deactivate(SiteContext& context) {
    // The shutdown stops everything itself, and the bus may close before the releases end.
    if (context.manager.is_stopping()) return;
    if (!is_told_to_stop(context)) stop_releases(context);
    if (is_told_to_stop(context)) stop_everything(context); // a stop may have replaced a restart
}

} // namespace baton::deploy
