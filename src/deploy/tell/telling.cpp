// SPDX-License-Identifier: MIT
#include "deploy/tell/telling.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace baton::deploy {

std::string release_text(const site::Manifest& manifest) {
    return fmt::format("release {} (Ver {})", manifest.release, printable(manifest.conf.ver));
}

std::string still_serving_text(const SiteContext& context) {
    const auto live = context.store.live();
    return live ? release_text(context.store.manifest(*live)) + " is still serving" : "no release is live";
}

void tell_step(SiteContext& context, site::Manifest& manifest, Step step, std::chrono::nanoseconds took,
               std::string_view detail) {
    manifest.step_ms[std::string{step_text(step)}] = std::chrono::duration<double, std::milli>(took).count();
    context.story.step(step, detail, took);
}

} // namespace baton::deploy
