// SPDX-License-Identifier: MIT
// Looks at all sites. A watch is an edge and can miss a change, so from time to time this compares what is there with
// what was last decided. It only queues pursuits.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// Queues a pursuit for each site that is up and not settled: watch.conf differs from what was last decided, a wish is
/// open, the watch or the live release has failed, or nobody listens on its address; and for each site whose unit files
/// are gone, since a person could not even start it. Reads a few files for each site,
/// and asks systemd once for all sites.
void look_at_all(const Host& host);

} // namespace baton::deploy
