// SPDX-License-Identifier: MIT
// Histories of the simulated world, carried out by baton on a booted systemd: world and reality agree after each step.
// In the environment BATON_HISTORIES=N: so many (200); BATON_STEPS=N: so many steps of each at most (5; a history has
// up to 10); BATON_SEED=N: from that seed on (1), 0: by the time of day; BATON_SITES=N: on so many sites at once (12).
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
#include <thread>

namespace {

using simulation::History;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Plan {
    std::uint64_t first = setting("BATON_SEED", 1);
    std::uint64_t histories = setting("BATON_HISTORIES", 200);
    std::size_t steps = setting("BATON_STEPS", 5);
    std::uint64_t sites = setting("BATON_SITES", 12);

    [[nodiscard]] History history(std::uint64_t seed) const {
        auto history = simulation::history_of(seed);
        history.resize(std::min(history.size(), steps));
        return history;
    }
};

struct Outcome {
    std::mutex one;
    std::uint64_t histories = 0;
    int compared = 0;
    int disagreed = 0;
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

void walk_some(history::RealSite& site, const Plan& plan, std::atomic<std::uint64_t>& next, history::UnitStates& states,
               Outcome& outcome) {
    for (auto i = next++; i < plan.histories; i = next++) {
        const auto seed = plan.first + i;
        const auto history = plan.history(seed);
        note(outcome, fmt::format("history {} on {}", seed, site.name()), history::walk(site, states, history),
             fmt::format(
                 "drawn was\n{}BATON_SEED={} BATON_HISTORIES=1 BATON_STEPS={} tools/test --histories does it again\n",
                 simulation::history_text(history), seed, plan.steps));
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
    std::atomic<std::uint64_t> next{0};
    const auto sites = registered(plan);
    std::vector<std::thread> threads;
    for (const auto& site : sites)
        threads.emplace_back([&] { walk_some(*site, plan, next, states, outcome); });
    for (auto& thread : threads)
        thread.join();
    fmt::print("{} histories from seed {} on, of {} steps at most: {} times compared, {} disagreed\n",
               outcome.histories, plan.first, plan.steps, outcome.compared, outcome.disagreed);
    CHECK(outcome.histories == plan.histories);
    CHECK_MESSAGE(outcome.disagreed == 0, outcome.disagreements);
}
