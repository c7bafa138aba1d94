// SPDX-License-Identifier: MIT
// baton runs histories of the simulated world on a booted systemd: world and reality agree after each step.
// Without a seed, as in CI, histories that disagreed before come first, and a history that disagrees fails only if it
// disagrees again on a second run. To hunt for races, give a seed. In the environment: BATON_HISTORIES=N: their number
// (200). BATON_STEPS=N: at most N steps of each (5; a history has up to 10). BATON_SEED=N: the first seed (1); 0: from
// the time of day. BATON_SITES=N: sites at once (12).
#include "hunt.hpp"
#include "walk.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace {

using simulation::History;

std::optional<std::uint64_t> setting(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr || *text == '\0' ? std::nullopt : std::optional{std::strtoull(text, nullptr, 10)};
}

struct Drawn {
    std::uint64_t seed;
    std::size_t steps;

    [[nodiscard]] History history() const {
        auto history = simulation::history_of(seed);
        history.resize(std::min(history.size(), steps));
        return history;
    }
};

/// By runs from a seed of the day; part of each run that is given none.
constexpr Drawn k_once_disagreed[]{{1795678842, 5}, {1795680036, 4}, {1795691646, 2},
                                   {1795691671, 3}, {443, 6},        {854, 5}};

struct Plan {
    std::uint64_t first = setting("BATON_SEED").value_or(1);
    std::uint64_t histories = setting("BATON_HISTORIES").value_or(200);
    std::size_t steps = setting("BATON_STEPS").value_or(5);
    std::uint64_t sites = setting("BATON_SITES").value_or(12);

    [[nodiscard]] std::vector<Drawn> all() const {
        std::vector<Drawn> all;
        if (!setting("BATON_SEED")) all.assign(std::begin(k_once_disagreed), std::end(k_once_disagreed));
        for (std::uint64_t i = 0; i < histories; ++i)
            all.push_back({first + i, steps});
        return all;
    }
};

struct Outcome {
    std::mutex one;
    std::uint64_t histories = 0;
    int compared = 0;
    int disagreed = 0;
    int only_once = 0; ///< disagreed, and then agreed
    std::string disagreements;
};

void note(Outcome& outcome, const std::string& of, const history::Walked& walked, const std::string& how_to_repeat) {
    const std::lock_guard lock{outcome.one};
    ++outcome.histories;
    outcome.compared += walked.steps;
    fmt::print("{}: {}, {} times compared, {:.1f} s\n", of, walked.disagreement ? "disagreed" : "agreed", walked.steps,
               walked.seconds);
    if (walked.disagreement) {
        ++outcome.disagreed;
        outcome.disagreements += fmt::format("{}\n{}{}\n", of, *walked.disagreement, how_to_repeat);
        fmt::print("{}\n{}\n", *walked.disagreement, how_to_repeat);
    }
    (void)std::fflush(stdout);
}

/// What is due when it is under the load of a whole test run is told, and is no verdict yet.
history::Walked walk(history::RealSite& site, history::UnitStates& states, const History& history, Outcome& outcome) {
    auto walked = history::walk(site, states, history);
    if (!walked.disagreement || setting("BATON_SEED")) return walked;
    auto second = history::walk(site, states, history);
    const std::lock_guard lock{outcome.one};
    fmt::print("{} disagreed, and was done once more: {}\n", site.name(), *walked.disagreement);
    if (!second.disagreement) ++outcome.only_once;
    return second;
}

void walk_some(history::RealSite& site, const std::vector<Drawn>& all, std::atomic<std::size_t>& next,
               history::UnitStates& states, Outcome& outcome) {
    for (auto i = next++; i < all.size(); i = next++) {
        const auto& [seed, steps] = all[i];
        const auto history = all[i].history();
        note(outcome, fmt::format("history {} on {}", seed, site.name()), walk(site, states, history, outcome),
             fmt::format(
                 "drawn was\n{}BATON_SEED={} BATON_HISTORIES=1 BATON_STEPS={} tools/test --histories does it again\n",
                 simulation::history_text(history), seed, steps));
    }
}

/// All before the first history begins: PID 1 reads all units anew at each.
std::vector<std::unique_ptr<history::RealSite>> registered(const Plan& plan) {
    std::vector<std::unique_ptr<history::RealSite>> sites;
    for (int i = 0; i < static_cast<int>(std::min(plan.sites, plan.histories)); ++i)
        sites.push_back(std::make_unique<history::RealSite>(fmt::format("walk{}", i), 8200 + 2 * i));
    return sites;
}

} // namespace

TEST_CASE("what becomes of a history on a booted systemd is what the simulated world says") {
    Plan plan;
    if (plan.first == 0) plan.first = static_cast<std::uint64_t>(std::time(nullptr));
    (void)simulation::history_of(0); // the generators are made before the threads are
    history::UnitStates states{"walk"};
    Outcome outcome;
    const auto all = plan.all();
    std::atomic<std::size_t> next{0};
    const auto sites = registered(plan);
    std::vector<std::thread> threads;
    for (const auto& site : sites)
        threads.emplace_back([&] { walk_some(*site, all, next, states, outcome); });
    for (auto& thread : threads)
        thread.join();
    fmt::print("{} histories ({} of them from seed {} on, of {} steps at most): {} times compared, {} disagreed, {} "
               "disagreed once and then agreed\n",
               outcome.histories, plan.histories, plan.first, plan.steps, outcome.compared, outcome.disagreed,
               outcome.only_once);
    CHECK(outcome.histories == all.size());
    CHECK_MESSAGE(outcome.disagreed == 0, outcome.disagreements);
}
