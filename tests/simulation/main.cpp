// SPDX-License-Identifier: MIT
// The runner: promises in a million histories, and each mutant found.
//   simulation_tests [--histories=N] [--seed=N]   the promises, from that seed on (the time of day when 0 is given)
//   simulation_tests --mutants [--seed=N]         each mutant must be found
//   simulation_tests --replay --seed=N            one history, told as it goes; with --mutant=N by that mutant
#include "hunt.hpp"
#include "mutants.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace {

using namespace simulation;

struct Options {
    std::uint64_t histories = 1'000'000;
    std::uint64_t seed = 1;
    bool mutants = false;
    bool replay = false;
    std::optional<std::size_t> mutant;
};

std::optional<std::uint64_t> number(std::string_view argument, std::string_view option) {
    if (!argument.starts_with(option)) return std::nullopt;
    return std::strtoull(argument.data() + option.size(), nullptr, 10);
}

void tell(const Found& found) {
    fmt::print("seed {}: {}\n{}", found.seed, found.broken, history_text(found.history));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int keep_promises(const Options& options) {
    const auto start = std::chrono::steady_clock::now();
    if (const auto found = hunt(options.seed, options.histories)) {
        tell(*found);
        fmt::print("simulation_tests --replay --seed={} tells the whole of it\n", found->seed);
        return 1;
    }
    fmt::print("{} histories from seed {} on in {:.1f} s: every promise held\n", options.histories, options.seed,
               seconds_since(start));
    return 0;
}

int find_mutants(const Options& options) {
    int missed = 0;
    for (const auto& [name, mutant] : mutants()) {
        const auto found = hunt(options.seed, options.histories / 10, mutant);
        fmt::print("{}: an engine that {}\n", found ? "found" : "NOT FOUND", name);
        if (found)
            tell(*found);
        else
            ++missed;
    }
    fmt::print("{} of {} mutants were found\n", mutants().size() - static_cast<std::size_t>(missed), mutants().size());
    return missed == 0 ? 0 : 1;
}

int replay(const Options& options) {
    Simulation simulation{options.mutant ? mutants()[*options.mutant % mutants().size()].mutant : nullptr};
    simulation.narrate();
    const auto broken = simulation.broken_by(history_of(options.seed));
    fmt::print("{}\n", broken.value_or("every promise held"));
    return broken ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (const auto n = number(argument, "--histories="))
            options.histories = *n;
        else if (const auto seed = number(argument, "--seed="))
            options.seed = *seed;
        else if (const auto mutant = number(argument, "--mutant="))
            options.mutant = *mutant;
        else if (argument == "--mutants")
            options.mutants = true;
        else if (argument == "--replay")
            options.replay = true;
        else
            return 2;
    }
    if (options.seed == 0) options.seed = static_cast<std::uint64_t>(std::time(nullptr));
    if (options.replay) return replay(options);
    return options.mutants ? find_mutants(options) : keep_promises(options);
}
