// SPDX-License-Identifier: MIT
// Bounds how many releases drain at once: each holds memory and descriptors for as long as its slowest client likes.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

inline constexpr std::size_t k_most_draining = 8;

/// Ends the oldest of those that drain beside the `live` release, until no more than k_most_draining are left, and says
/// which: by a second SIGTERM, which makes libbaton cut, and, where that does not help at once, by SIGKILL.
void limit_draining(SiteContext& context, int live);

} // namespace baton::deploy
