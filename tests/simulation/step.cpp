// SPDX-License-Identifier: MIT
#include "step.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <array>

namespace simulation {
namespace {

constexpr std::array<const char*, k_events> k_texts{"edit",         "slow edit",   "edit while PID 1 reloads",
                                                    "upload",       "kill",        "kill all",
                                                    "power cut",    "port taken",  "port free",
                                                    "disk full",    "disk free",   "database down",
                                                    "database up",  "clock ahead", "clock back",
                                                    "crash",        "watch fails", "stop live",
                                                    "restart live", "restart old", "mask",
                                                    "unmask",       "stop site",   "start site",
                                                    "restart site", "unwatch",     "watch",
                                                    "roll back",    "deploy",      "deploy --force",
                                                    "connection"};

/// How often each comes.
constexpr std::array<std::uint8_t, k_events> k_weights{40, 6, 4, 6, 14, 5, 8, 6, 4, 5, 5, 4, 3, 2, 2, 12,
                                                       2,  4, 4, 4, 2,  2, 5, 6, 5, 2, 2, 7, 5, 4, 4};

struct Draw {
    std::array<Event, 256> events{};
};

constexpr Draw make_draw() {
    Draw draw;
    std::size_t at = 0;
    for (std::size_t i = 0; i < k_events; ++i)
        for (int n = 0; n < k_weights[i] && at < 256; ++n)
            draw.events[at++] = static_cast<Event>(i);
    while (at < 256)
        draw.events[at++] = Event::edit;
    return draw;
}
constexpr Draw k_draw = make_draw();

bool takes_content(Event event) {
    return event == Event::edit || event == Event::slow_edit || event == Event::missed_edit;
}

Step draw_step(std::uint64_t bits, Mood mood) {
    const auto take = [&bits](unsigned n) {
        const auto taken = bits & ((1ULL << n) - 1);
        bits >>= n;
        return taken;
    };
    Step step;
    step.event = k_draw.events[take(8)];
    const auto arg = take(8);
    // A few contents, so that the same one comes again.
    step.arg = static_cast<std::uint8_t>(takes_content(step.event) ? arg % (4 * k_kinds) : arg);
    const auto within = take(6);
    step.after = static_cast<std::uint8_t>(within < 26 ? within : 0);
    step.pause = static_cast<std::uint8_t>(mood == Mood::calm ? 6 : take(3));
    if (step.pause == k_longest_pause && take(2) != 0) step.pause = 4;
    return step;
}

History draw_history(rc::Random random, int size, Mood mood) {
    History history;
    const auto steps = 2 + random.next() % static_cast<std::uint64_t>(size);
    history.reserve(steps);
    for (std::uint64_t i = 0; i < steps; ++i)
        history.push_back(draw_step(random.next(), mood));
    return history;
}

rc::Seq<Step> simpler_steps(const Step& step) {
    std::vector<Step> simpler;
    const auto with = [&](auto member, auto value) {
        if (step.*member == value) return;
        Step changed = step;
        changed.*member = value;
        simpler.push_back(changed);
    };
    if (step.event == Event::slow_edit || step.event == Event::missed_edit) with(&Step::event, Event::edit);
    if (step.event == Event::kill_all) with(&Step::event, Event::kill);
    with(&Step::after, std::uint8_t{0});
    if (step.after > 1) with(&Step::after, static_cast<std::uint8_t>(step.after - 1));
    if (step.arg >= k_kinds) with(&Step::arg, static_cast<std::uint8_t>(step.arg % k_kinds));
    with(&Step::arg, std::uint8_t{0});
    with(&Step::pause, std::uint8_t{6}); // what comes to rest is easier to follow
    if (step.pause != 6) with(&Step::pause, std::uint8_t{0});
    return rc::seq::fromContainer(std::move(simpler));
}

rc::Seq<History> simpler(const History& history) {
    return rc::seq::concat(rc::shrink::removeChunks(history), rc::shrink::eachElement(history, simpler_steps));
}

} // namespace

std::string step_text(const Step& step) {
    auto text = std::string{k_texts.at(static_cast<std::size_t>(step.event))};
    if (takes_content(step.event))
        text += ": " + content_text(step.arg);
    else if (step.arg != 0)
        text += fmt::format(" ({})", step.arg);
    if (step.after > 0) text += fmt::format(", {} effects later", step.after);
    return fmt::format("{}; then {} ms", text, k_pauses[step.pause].count());
}

std::string history_text(const History& history) {
    std::string text;
    for (const auto& step : history)
        text += "  " + step_text(step) + "\n";
    return text;
}

rc::Gen<History> histories(Mood mood) {
    return [mood](const rc::Random& random, int size) {
        return rc::shrinkable::shrinkRecur(draw_history(random, std::max(size, 1), mood), simpler);
    };
}

} // namespace simulation
