// SPDX-License-Identifier: MIT
#include "deploy/act/drain_limit.hpp"

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
std::vector<int> surplus(const Running& running, int live) {
    std::vector<int> draining;
    for (const auto& [release, state] : running)
        if (release != live && state == sd::ActiveState::deactivating) draining.push_back(release); // ascending
    draining.resize(draining.size() - std::min(draining.size(), k_most_draining));
    return draining;
}

/// The units of those `releases` that still drain.
std::vector<std::string> still_draining(SiteContext& context, const std::vector<int>& releases) {
    std::vector<std::string> units;
    for (const int release : releases)
        units.push_back(release_unit(context.name(), release));
    std::vector<std::string> draining;
    for (auto& unit : context.manager.list_named(units))
        if (unit.active_state == sd::ActiveState::deactivating) draining.push_back(std::move(unit.name));
    return draining;
}

} // namespace

void limit_draining(SiteContext& context, const Running& running, int live) {
    const auto ended = surplus(running, live);
    if (ended.empty()) return;
    for (const int release : ended) {
        context.story.say(Event::warning, sd::Priority::warning,
                          fmt::format("release {} is ended before it has drained: {} newer ones are draining too",
                                      release, k_most_draining));
        context.manager.kill(release_unit(context.name(), release), SIGTERM);
    }
    (void)wait_until(
        k_cut_limit, [&] { return still_draining(context, ended).empty(); },
        [] { std::this_thread::sleep_for(k_look_again); });
    for (const auto& unit : still_draining(context, ended))
        context.manager.kill(unit, SIGKILL);
}

} // namespace baton::deploy
