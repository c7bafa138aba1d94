// SPDX-License-Identifier: MIT
#include "deploy/tell/telling.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {

std::string release_text(const site::Manifest& manifest) {
    return fmt::format("release {} (Ver {})", manifest.release, printable(manifest.conf.ver));
}

namespace {

/// True as well if systemd cannot be asked: the text is part of another error's.
bool runs(const SiteContext& context, int release) try {
    const auto listed = context.manager.list_named({release_unit(context.name(), release)});
    return !listed.empty() && sd::is_up(listed.front().active_state);
} catch (const Error&) {
    return true;
}

} // namespace

std::string still_serving_text(const SiteContext& context) {
    const auto live = context.store.live();
    if (!live) return "no release is live";
    return fmt::format("{} {}", release_text(context.store.manifest(*live)),
                       runs(context, *live) ? "is still serving" : "is live, but does not run");
}

void tell_step(SiteContext& context, site::Manifest& manifest, Step step, std::chrono::nanoseconds took,
               std::string_view detail) {
    manifest.step_ms[std::string{step_text(step)}] = std::chrono::duration<double, std::milli>(took).count();
    context.story.step(step, detail, took);
}

} // namespace baton::deploy
