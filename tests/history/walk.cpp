// SPDX-License-Identifier: MIT
#include "walk.hpp"

#include "worlds.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <thread>

namespace history {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using simulation::Simulation;

constexpr auto k_patience = 100s;      // what is tried again, is within a minute
constexpr auto k_until_a_look = 300ms; // of quiet, where the look of each minute is what sees it
constexpr auto k_quiet = 8s;           // then nothing comes any more; systemd may be slow to begin
constexpr int k_time_passes = 5;       // of k_pauses: the programs that end by themselves do so, the others are proven
constexpr int k_lives = 2;             // that end until then, one after the other

/// They are not the same.
struct Differs : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Walk {
  public:
    Walk(RealSite& site, UnitStates& states) : site_{site}, states_{states} {}

    Walked run(const simulation::History& history);

  private:
    void go(const simulation::History& history);
    void tell(const std::string& text) { told_ += text + "\n"; }
    void happen(const Step& step);
    void happen(const Step& step, const Step& within);
    void time_passes();
    void all_is_well();
    void come_to_rest();
    bool look_if_needed(const Seen& seen, Clock::duration quiet, bool tries_again);
    void compare_answers(const Seen& seen) const;
    void compare_status() const;

    RealSite& site_;
    UnitStates& states_;
    Worlds worlds_;
    Seen seen_; ///< at the last rest
    std::string told_;
    bool has_looked_ = false;
    int steps_ = 0;
};

/// What can be seen of it at one moment, if nothing is under way.
struct Moment {
    bool moves = true;
    bool tries_again = false;
    Seen seen;
};

Moment look_at(RealSite& site, UnitStates& states) {
    site.go_on();
    const auto units = states.of(site.name());
    if (site.moves(units)) return {};
    try {
        return {false, site.tries_again(units), site.seen(units)};
    } catch (const std::exception&) { // a file goes at this moment
        return {};
    }
}

bool Walk::look_if_needed(const Seen& seen, Clock::duration quiet, bool tries_again) {
    if (!has_looked_ && worlds_.need_a_look() && quiet > k_until_a_look) {
        has_looked_ = true;
        site_.look();
        return true;
    }
    if (quiet > k_quiet && !tries_again)
        throw Differs{fmt::format("expected was\n{}and it is\n  {}", worlds_.text(), simulation::seen_text(seen))};
    return false;
}

/// Twice in a row: what has been begun may not have reached systemd at the first.
void Walk::come_to_rest() {
    if (!worlds_.broken().empty()) throw Differs{"in the simulated world: " + worlds_.broken()};
    ++steps_;
    has_looked_ = false;
    const auto begun = Clock::now();
    auto quiet_since = begun;
    bool agreed = false;
    for (;;) {
        const auto now = look_at(site_, states_);
        if (now.moves) quiet_since = Clock::now();
        const bool agrees = !now.moves && worlds_.agree(now.seen, now.tries_again);
        if (agrees && agreed) {
            worlds_.keep(now.seen, now.tries_again);
            seen_ = now.seen;
            tell("    " + simulation::seen_text(now.seen));
            compare_answers(now.seen);
            return compare_status();
        }
        agreed = agrees;
        if (!now.moves && !agrees && look_if_needed(now.seen, Clock::now() - quiet_since, now.tries_again))
            quiet_since = Clock::now();
        if (Clock::now() - begun > k_patience)
            throw Differs{fmt::format("after {} s, expected was\n{}and {}\n  {}",
                                      std::chrono::duration_cast<std::chrono::seconds>(k_patience).count(),
                                      worlds_.text(), now.moves ? "something is under way" : "it is",
                                      now.moves ? "" : simulation::seen_text(now.seen))};
    }
}

/// Exactly one answers, the live one.
void Walk::compare_answers(const Seen& seen) const {
    for (const auto& release : seen.releases) {
        if (release.number != seen.live || release.unit != "active") continue;
        const auto address = simulation::content_of(release.content).address;
        if (!seen.listens.at(address)) continue;
        const auto answer = site_.ask(address);
        if (answer.content != release.content)
            throw Differs{fmt::format("content {} answers, and content {} is live", answer.content, release.content)};
        for (int i = 0; i < 2; ++i)
            if (site_.ask(address) != answer) throw Differs{"more than one process answers"};
    }
}

/// What is put off may be tried again just when status is asked.
void Walk::compare_status() const {
    const auto expected = worlds_.one().status();
    const auto begun = Clock::now();
    for (;;) {
        const auto told = nlohmann::json::parse(site_.status()).at("sites").at(0);
        std::vector<std::string> states; // oldest first
        for (const auto& release : told.at("releases"))
            states.insert(states.begin(), release.at("state").get<std::string>());
        if (states == expected) return;
        if (!worlds_.one().tries_again() || Clock::now() - begun > k_quiet)
            throw Differs{fmt::format("baton status tells\n{}\nexpected was\n{}", nlohmann::json(states).dump(),
                                      nlohmann::json(expected).dump())};
    }
}

void Walk::happen(const Step& step) {
    tell("  " + simulation::step_text(step));
    site_.happen(step, release_meant(step, seen_));
    worlds_.happen(step);
    come_to_rest();
}

void Walk::happen(const Step& step, const Step& within) {
    tell("  " + simulation::step_text(step));
    tell("  within: " + simulation::step_text(within));
    site_.happen(step, release_meant(step, seen_));
    const auto until = Clock::now() + within.after * 10ms;
    while (Clock::now() < until) {
        site_.go_on();
        std::this_thread::sleep_for(2ms);
    }
    site_.happen(within, release_meant(within, seen_));
    worlds_.happen(step, within);
    come_to_rest();
}

void Walk::time_passes() {
    const auto end_life = [&] {
        tell("  its program ends");
        site_.end_life();
        worlds_.end_life();
        come_to_rest();
    };
    for (int i = 0; i < k_lives && worlds_.life() == Simulation::Life::early; ++i)
        end_life();
    tell("  it is proven");
    site_.prove();
    worlds_.prove();
    if (worlds_.life() == Simulation::Life::late) end_life();
}

/// As in Simulation::settle(): in the end all is as it should be.
void Walk::all_is_well() {
    tell("all is well from here");
    for (const auto& [event, arg] : std::initializer_list<std::pair<Event, std::uint8_t>>{
             {Event::port_free, 0}, {Event::port_free, 1}, {Event::unmask, 0}, {Event::database_up, 0}}) {
        const Step step{.event = event, .arg = arg};
        site_.happen(step, 0);
        worlds_.happen(step);
    }
    happen({.event = Event::start_site}); // and its watch with it
    if (seen_.listens[0] || seen_.listens[1]) happen({.event = Event::connection});
}

void Walk::go(const simulation::History& history) {
    site_.begin();
    come_to_rest();
    simulation::History possible;
    for (const auto& step : history)
        if (RealSite::can(step.event)) possible.push_back(step);
    for (std::size_t i = 0; i < possible.size(); ++i) {
        const auto& step = possible[i];
        if (i + 1 < possible.size() && possible[i + 1].after > 0)
            happen(step, possible[++i]);
        else
            happen(step);
        if (possible[i].pause >= k_time_passes) time_passes();
    }
    all_is_well();
}

Walked Walk::run(const simulation::History& history) {
    const auto begun = Clock::now();
    std::optional<std::string> disagreement;
    try {
        go(history);
    } catch (const std::exception& error) {
        disagreement = fmt::format("{}{}\n", told_, error.what());
    }
    return {steps_, std::chrono::duration<double>(Clock::now() - begun).count(), std::move(disagreement)};
}

} // namespace

Walked walk(RealSite& site, UnitStates& states, const simulation::History& history) {
    return Walk{site, states}.run(history);
}

} // namespace history
