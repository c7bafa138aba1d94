// SPDX-License-Identifier: MIT
// Waits for the verdict of a live release's probation. It changes nothing: whoever sees the release fail rolls it back.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// What an edit of watch.conf, or another reload, means to the wait.
enum class NewerWish {
    changes_nothing, ///< another process deploys it
    ends_it,         ///< its deploy waits for this process, a reload of the handle
};

/// Returns once `release`, which is live, is proven. Throws Error: rolled_back, with the reason and the program's last
/// lines; failed when it failed and nothing could be rolled back to, was replaced before it was proven, its site was
/// stopped, or a newer wish ended the wait.
void wait_until_proven(SiteContext& context, int release, NewerWish newer_wish);

} // namespace baton::deploy
