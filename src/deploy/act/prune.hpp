// SPDX-License-Identifier: MIT
// Deletes the snapshots of releases nobody will go back to.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// How many were deleted. What cannot be deleted is a warning; the deploy has succeeded without it.
std::size_t prune(SiteContext& context, int live, int keep);

} // namespace baton::deploy
