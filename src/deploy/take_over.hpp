// SPDX-License-Identifier: MIT
// start -> health -> switch -> drain, for a release whose snapshot is in the store: the same for a deploy and for a
// roll back.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

struct TakenOver {
    int release;
    std::uint32_t main_pid;
    std::string draining; ///< the releases that were told to finish and leave, or still do: "7" or "6, 7"
};

/// Makes `manifest.release` live and tells those that run to drain. Throws Error (rejected) when it does not come up;
/// then its unit is stopped, its manifest says why, and nothing else has changed.
TakenOver take_over(SiteContext& context, site::Manifest manifest);

} // namespace baton::deploy
