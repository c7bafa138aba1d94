// SPDX-License-Identifier: MIT
#include "hunt.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace simulation {
namespace {

constexpr int k_longest = 9; // steps
constexpr std::uint64_t k_stride = 1024;

rc::Shrinkable<History> drawn(std::uint64_t seed) {
    static const auto wild = histories(Mood::wild);
    static const auto calm = histories(Mood::calm);
    return (seed % 4 == 3 ? calm : wild)(rc::Random{seed}, k_longest);
}

/// Killed anywhere, the same end is reached: a calm history is run once more without its kills.
std::optional<std::string> broken_promise(Simulation& simulation, const History& history) {
    if (auto broken = simulation.broken_by(history)) return broken;
    const auto is_kill = [](const Step& step) { return step.event == Event::kill; };
    const bool calm = std::all_of(history.begin(), history.end(), [](const Step& step) { return step.pause == 6; });
    if (!calm || std::none_of(history.begin(), history.end(), is_kill)) return std::nullopt;
    const auto end = simulation.end();
    auto undisturbed = history;
    for (auto& step : undisturbed)
        if (is_kill(step)) step.event = Event::database_up; // nothing, for it is
    // Numbers are others after a kill, and a crash is one of whoever is live at that moment.
    const bool differs = std::any_of(history.begin(), history.end(), [](const Step& step) {
        const bool by_number = step.event == Event::restart_old || (step.event == Event::roll_back && step.arg != 0);
        return by_number || step.event == Event::database_down || step.event == Event::kill_all;
    });
    if (differs || simulation.broken_by(undisturbed)) return std::nullopt;
    const auto other = simulation.end();
    if (end.live == other.live && end.directory == other.directory) return std::nullopt;
    return "killed, it comes to another end: " + content_text(end.live) + " is live, and not " +
           content_text(other.live);
}

Found shrunk(Simulation& simulation, std::uint64_t seed, std::string broken) {
    auto history = drawn(seed);
    for (bool shorter = true; shorter;) {
        shorter = false;
        auto candidates = history.shrinks();
        while (auto candidate = candidates.next()) {
            auto why = broken_promise(simulation, candidate->value());
            if (!why) continue;
            broken = *why;
            history = *candidate;
            shorter = true;
            break;
        }
    }
    return {seed, std::move(broken), history.value()};
}

} // namespace

History history_of(std::uint64_t seed) {
    return drawn(seed).value();
}

std::optional<std::string> broken_by(const History& history, Mutant mutant) {
    Simulation simulation{mutant};
    return broken_promise(simulation, history);
}

std::optional<Found> hunt(std::uint64_t first, std::uint64_t count, Mutant mutant) {
    (void)history_of(0); // the generators are made before the threads are
    std::atomic<std::uint64_t> next{0};
    std::optional<Found> found;
    std::mutex one;
    const auto work = [&] {
        Simulation simulation{mutant};
        for (;;) {
            const auto from = next.fetch_add(k_stride);
            for (auto i = from; i < std::min(from + k_stride, count); ++i) {
                auto broken = broken_promise(simulation, history_of(first + i));
                if (!broken) continue;
                const std::lock_guard lock{one};
                next = count;
                if (!found) found = shrunk(simulation, first + i, std::move(*broken));
                return;
            }
            if (from + k_stride >= count) return;
        }
    };
    std::thread other{work};
    work();
    other.join();
    return found;
}

} // namespace simulation
