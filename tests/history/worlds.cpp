// SPDX-License-Identifier: MIT
#include "worlds.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

namespace history {
namespace {

using simulation::Event;

constexpr int k_most_within = 400; // effects or moments between one rest and the next; a few dozen as a rule

bool is_edit(Event event) {
    return event == Event::edit || event == Event::slow_edit || event == Event::missed_edit;
}

/// What is not done when we have said it: systemd hears of an edit in its time, and a command has to start first. What
/// comes just after it may overtake it.
bool takes_its_time(Event event) {
    switch (event) {
    case Event::stop_live:
    case Event::restart_live:
    case Event::restart_old:
    case Event::stop_site:
    case Event::start_site:
    case Event::restart_site:
    case Event::unwatch:
    case Event::watch:
    case Event::roll_back:
    case Event::deploy:
    case Event::force:
        return true;
    default:
        return is_edit(event);
    }
}

/// What else may go on at that moment, and what becomes of the step depends on it: somebody looks, for another reason,
/// and is ahead of who is told of the edit; the activation that a release starts is late.
enum class Beside : std::uint8_t { nothing, look, late_activation };
constexpr std::array k_besides{Beside::nothing, Beside::look, Beside::late_activation};

bool may_be(Beside beside, Event event) {
    if (beside == Beside::look) return is_edit(event);
    return beside == Beside::nothing || takes_its_time(event); // what makes a release start does
}

void happen_in(Simulation& world, const Step& step, Beside beside) {
    if (beside == Beside::look) world.look();
    world.let_activation_be_late(beside == Beside::late_activation);
    world.happen(step);
}

/// An edit beside a reload of PID 1's may be seen all the same; and any may be beside one that another site is about.
std::vector<Step> as_it_may_happen(const Step& step) {
    if (step.event != Event::missed_edit && step.event != Event::edit) return {step};
    auto other = step;
    other.event = step.event == Event::edit ? Event::missed_edit : Event::edit;
    return {step, other};
}

/// Beside another site's reload: baton looks by itself after it. A look of ours would hide an edit that is lost.
bool is_beside_anothers(const Step& step, const Step& as_it_happened) {
    return step.event == Event::edit && as_it_happened.event == Event::missed_edit;
}

/// `within` at the `effects`th effect or the `moments`th moment, or at once; true: there was one.
bool run(Simulation& world, const Step& step, const Step& within, int effects, int moments, Beside beside) {
    happen_in(world, step, beside);
    if (effects + moments == 0)
        world.happen(within);
    else
        world.arm(within, effects, moments);
    world.come_to_rest();
    if (!world.is_armed()) return true;
    world.disarm();
    world.happen(within);
    world.come_to_rest();
    return false;
}

/// `step` for a world that numbers its releases otherwise.
Step meant_in(const Simulation& world, Step step) {
    const auto seen = world.seen();
    // A roll back to release 0 is one to the release before; the world counts on from 1 at the newest.
    if (const int number = release_meant(step, seen))
        step.arg = static_cast<std::uint8_t>(number > 1 ? number - 1 : world.newest());
    return step;
}

} // namespace

int release_meant(const Step& step, const Seen& seen) {
    const bool is_roll_back = step.event == Event::roll_back && step.arg != 0;
    if (!is_roll_back && step.event != Event::restart_old) return 0;
    return seen.releases.at(step.arg % seen.releases.size()).number;
}

Worlds::Worlds() {
    worlds_.emplace_back(nullptr, simulation::Pace::told);
    worlds_.front().begin();
}

template <typename Change>
void Worlds::change(Change what) try {
    for (auto& world : worlds_)
        what(world);
} catch (const simulation::Broken& broken) {
    broken_ = broken.what();
}

void Worlds::happen(const Step& step) {
    std::vector<Simulation> all;
    change([&](const Simulation& before) {
        for (const auto beside : k_besides) {
            if (!may_be(beside, step.event)) continue;
            for (const auto& one : as_it_may_happen(step)) {
                auto world = before;
                happen_in(world, meant_in(before, one), beside);
                world.come_to_rest();
                if (is_beside_anothers(step, one)) world.forget_look();
                add(all, std::move(world));
            }
        }
    });
    worlds_ = std::move(all);
}

/// Of those that nothing tells apart one is enough.
void Worlds::add(std::vector<Simulation>& to, Simulation world) {
    world.let_activation_be_late(false);
    const auto same = [&](const Simulation& other) {
        return renumbered(other.seen()) == renumbered(world.seen()) && other.hidden() == world.hidden();
    };
    if (std::none_of(to.begin(), to.end(), same)) to.push_back(std::move(world));
}

void Worlds::happen(const Step& step, const Step& within) {
    std::vector<Simulation> all;
    change([&](const Simulation& before) {
        for (const auto& one : as_it_may_happen(step))
            for (const auto& other : as_it_may_happen(within)) {
                const auto first = meant_in(before, one);
                const auto second = meant_in(before, other);
                const bool by_itself = is_beside_anothers(step, one) || is_beside_anothers(within, other);
                add_each(all, before, first, second, by_itself);
                if (takes_its_time(step.event)) add_each(all, before, second, first, by_itself);
            }
    });
    worlds_ = std::move(all);
}

/// With `second` at any moment. `by_itself`: baton looks without being asked to.
void Worlds::add_each(std::vector<Simulation>& to, const Simulation& before, const Step& first, const Step& second,
                      bool by_itself) {
    for (const bool by_effects : {true, false})
        for (const auto beside : k_besides)
            for (int n = 0; n <= k_most_within; ++n) {
                if (!may_be(beside, first.event)) break;
                auto world = before;
                const bool was_within = run(world, first, second, by_effects ? n : 0, by_effects ? 0 : n, beside);
                if (by_itself) world.forget_look();
                add(to, std::move(world));
                if (!was_within) break;
            }
}

void Worlds::prove() {
    change([](Simulation& world) { world.prove(); });
}

void Worlds::end_life() {
    change([](Simulation& world) {
        world.end_life();
        world.come_to_rest();
    });
}

static bool agrees(const Simulation& world, const Seen& seen, bool tries_again) {
    return renumbered(world.seen()) == renumbered(seen) && (tries_again || !world.tries_again());
}

bool Worlds::agree(const Seen& seen, bool tries_again) const {
    return std::any_of(worlds_.begin(), worlds_.end(),
                       [&](const Simulation& world) { return agrees(world, seen, tries_again); });
}

void Worlds::keep(const Seen& seen, bool tries_again) {
    std::erase_if(worlds_, [&](const Simulation& world) { return !agrees(world, seen, tries_again); });
}

bool Worlds::need_a_look() const {
    return std::any_of(worlds_.begin(), worlds_.end(), [](const Simulation& world) { return world.was_looked_at(); });
}

std::string Worlds::text() const {
    std::set<std::string> texts;
    for (const auto& world : worlds_)
        texts.insert(simulation::seen_text(world.seen()) + (world.tries_again() ? "    tries again\n" : ""));
    std::string all;
    for (const auto& text : texts)
        all += (all.empty() ? "  " : "  or ") + text;
    return all;
}

} // namespace history
