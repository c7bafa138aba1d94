// SPDX-License-Identifier: MIT
// What several operations say about a release, in the same words.
#pragma once

#include "deploy/context.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace baton::deploy {

/// "release 8 (Ver 1.2)", safe to print.
[[nodiscard]] std::string release_text(const site::Manifest& manifest);

/// "release 8 (Ver 1.2) is still serving", or "no release is live".
[[nodiscard]] std::string still_serving_text(const SiteContext& context);

/// Tells a step of the deploy of `manifest`, and records its time there.
void tell_step(SiteContext& context, site::Manifest& manifest, Step step, std::chrono::nanoseconds took,
               std::string_view detail);

} // namespace baton::deploy
