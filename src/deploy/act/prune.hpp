// SPDX-License-Identifier: MIT
// Deletes the snapshots of releases that nobody will roll back to.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// Returns how many it deleted. A snapshot that it cannot delete is only a warning: the deploy has succeeded.
std::size_t prune(SiteContext& context, int live, int keep);

} // namespace baton::deploy
