// SPDX-License-Identifier: MIT
// Limits how many releases drain at once: each holds memory and descriptors for as long as its slowest client likes.
#pragma once

#include "deploy/running.hpp"

namespace baton::deploy {

inline constexpr std::size_t k_most_draining = 8;

/// Ends the oldest of the `running` releases that drain beside the `live` one, until at most k_most_draining are left,
/// and says which. A second SIGTERM makes libbaton cut its connections; if that does not help at once, SIGKILL follows.
void limit_draining(SiteContext& context, const Running& running, int live);

} // namespace baton::deploy
