// SPDX-License-Identifier: MIT
#include "deploy/tell/story.hpp"

#include "base/text.hpp"
#include "deploy/tell/typed.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <array>

namespace baton::deploy {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// `journalctl -u SITE`, with --user for the other, finds what has this field, whoever deploys; journalctl(1).
const char* unit_field(sd::Scope scope) {
    return scope == sd::Scope::user ? "OBJECT_SYSTEMD_USER_UNIT" : "OBJECT_SYSTEMD_UNIT";
}

void write(Event event, sd::Priority priority, const std::string& text, const std::string& site, sd::Scope scope,
           std::optional<int> release, Fields more) {
    Fields fields{{"BATON_SITE", site}, {unit_field(scope), handle_unit(site)}};
    if (release) fields.emplace_back("BATON_RELEASE", std::to_string(*release));
    for (auto& field : more)
        fields.push_back(std::move(field));
    sd::send({text, priority, message_id(event), std::move(fields)});
}

} // namespace

std::string_view step_text(Step step) noexcept {
    constexpr std::array<std::string_view, k_steps> k_names{"read",   "import", "start", "health",
                                                            "switch", "drain",  "prune"};
    return k_names[static_cast<std::size_t>(step)];
}

void Story::step(Step step, std::string_view detail, std::chrono::nanoseconds took) {
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const auto text = fmt::format("{}/{} {}: {} ({})", static_cast<int>(step) + 1, k_steps, step_text(step), detail,
                                  duration_text(took));
    write(Event::deploy_step, sd::Priority::info, text, site_, scope_, release_,
          {{"BATON_STEP", std::string{step_text(step)}}, {"BATON_STEP_USEC", std::to_string(usec)}});
    observer_.step(step, detail, took);
}

void Story::progress(Step step, std::string_view detail, std::optional<double> done) {
    if (!is_watched()) return;
    progress(fmt::format("{}/{} {}", static_cast<int>(step) + 1, k_steps, step_text(step)), detail, done);
}

void Story::say(Event event, sd::Priority priority, const std::string& text) {
    record(event, priority, text);
    observer_.said(priority, typed_for(scope_, text));
}

void Story::record(Event event, sd::Priority priority, const std::string& text) {
    write(event, priority, typed_for(scope_, text), site_, scope_, release_, {});
}

} // namespace baton::deploy
