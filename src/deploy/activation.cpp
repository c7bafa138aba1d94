// SPDX-License-Identifier: MIT
#include "deploy/activation.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/decisions.hpp"
#include "deploy/deploy.hpp"
#include "deploy/evidence.hpp"
#include "deploy/recorded.hpp"
#include "deploy/rollback.hpp"
#include "deploy/running.hpp"
#include "deploy/telling.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

/// How long a waiting connection keeps an activation that has nothing to start: without a pause, systemd would activate
/// again at once, as long as the connection is in the queue.
constexpr auto k_activation_patience = 1s;
constexpr auto k_look_again = 50ms;

bool serves_within(SiteContext& context, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    do {
        if (!serving_releases(context.manager, context.name()).empty()) return true;
        std::this_thread::sleep_for(k_look_again);
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
}

/// True when a release that fell on probation is being replaced by an earlier one at this moment.
bool roll_back_is_coming(SiteContext& context, int live) {
    const auto status = context.manager.status(release_unit(context.name(), live));
    if (!status.fell()) return false;
    const auto manifests = all_manifests(context);
    return standing(context.store.manifest(live), std::chrono::system_clock::now()) == Standing::on_probation &&
           release_to_go_back_to(manifests, live).has_value();
}

void start_live_patiently(SiteContext& context, int live, ActivatedBy by) try {
    start_live(context, live);
} catch (const Error&) {
    if (by == ActivatedBy::connection)
        std::this_thread::sleep_for(k_activation_patience);
    else
        bring_back(context); // a handle that failed would take the listening socket with it
    if (serving_releases(context.manager, context.name()).empty()) throw;
}

} // namespace

void start_live(SiteContext& context, int live) {
    const auto unit = release_unit(context.name(), live);
    context.story.about(live);
    context.manager.reset_failed(unit);
    const auto result = context.manager.start(unit);
    const auto status = context.manager.status(unit);
    if (result != sd::JobResult::done)
        throw Error{fmt::format("starting {}: {}", quote(unit), evidence(status)), ErrorKind::failed,
                    fmt::format("baton rollback {} goes back to the release before", context.name())};
    if (context.store.live() != live) context.manager.queue_stop(unit); // a deploy was faster
    context.story.say(Event::activated, sd::Priority::notice,
                      fmt::format("{} is up, pid {}", release_text(context.store.manifest(live)), status.main_pid));
}

void activate(SiteContext& context, ActivatedBy by) {
    const auto live = context.store.live();
    if (!live && by == ActivatedBy::handle) return (void)deploy(context, OnBusy::wait, Repeat::is_an_answer);
    if (serving_releases(context.manager, context.name()).empty()) {
        const bool nothing_to_start = !live || roll_back_is_coming(context, *live);
        if (nothing_to_start && serves_within(context, k_activation_patience)) return;
        if (!live) throw Error{fmt::format("activating {}: no release is live yet", quote(context.name()))};
        recorded(context, [&] { start_live_patiently(context, *live, by); });
    }
    if (by == ActivatedBy::handle && conf_changed_since_last_deploy(context))
        context.manager.queue_start(reload_unit(context.name())); // ordered after the handle, whose start this is
}

void stop_releases(SiteContext& context) {
    const auto running = running_releases(context.manager, context.name());
    for (const auto& [release, state] : running)
        context.manager.queue_stop(release_unit(context.name(), release));
    for (const auto& [release, state] : running)
        (void)context.manager.stop(release_unit(context.name(), release));
}

void deactivate(SiteContext& context) {
    // The shutdown stops the releases itself, and the bus may end before they have.
    if (!context.manager.is_stopping()) stop_releases(context);
}

} // namespace baton::deploy
