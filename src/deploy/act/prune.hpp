// SPDX-License-Identifier: MIT
// Deletes the snapshots of releases that nobody will roll back to.
#pragma once

#include "deploy/running.hpp"

namespace baton::deploy {

/// Deletes none of those that are `running`. Returns how many it deleted. A snapshot that it cannot delete is only a
/// warning: the deploy has succeeded.
std::size_t prune(SiteContext& context, const Running& running, int live, int keep);

} // namespace baton::deploy
