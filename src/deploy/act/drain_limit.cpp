// SPDX-License-Identifier: MIT
#include "deploy/act/drain_limit.hpp"

#include "deploy/running.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wait_until.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr auto k_cut_limit = 200ms; // for a release to go after its second SIGTERM
constexpr auto k_look_again = 10ms;

/// The oldest draining releases, as many as exceed the limit.
std::vector<int> surplus(SiteContext& context, int live) {
    std::vector<int> draining;
    for (const auto& [release, state] : running_releases(context.manager, context.name()))
        if (release != live && state == sd::ActiveState::deactivating) draining.push_back(release); // ascending
    draining.resize(draining.size() - std::min(draining.size(), k_most_draining));
    return draining;
}

} // namespace

void limit_draining(SiteContext& context, int live) {
    for (const int release : surplus(context, live)) {
        context.story.say(Event::warning, sd::Priority::warning,
                          fmt::format("release {} is ended before it has drained: {} newer ones are draining too",
                                      release, k_most_draining));
        context.manager.kill(release_unit(context.name(), release), SIGTERM);
    }
    (void)wait_until(
        k_cut_limit, [&] { return surplus(context, live).empty(); }, [] { std::this_thread::sleep_for(k_look_again); });
    for (const int release : surplus(context, live))
        context.manager.kill(release_unit(context.name(), release), SIGKILL);
}

} // namespace baton::deploy
