// SPDX-License-Identifier: MIT
// The end that a deploy and a roll back have in common: a release in the store takes over, old snapshots go, and it is
// told.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

struct Deployed {
    int release; ///< the live release
    std::string ver;
    std::uint32_t main_pid; ///< 0 when nothing had changed
    bool changed;           ///< false: the live release already has this content
};

/// Throws what take_over() throws. `event` is the kind of the last message.
Deployed go_live(SiteContext& context, const site::Manifest& manifest, Event event);

} // namespace baton::deploy
