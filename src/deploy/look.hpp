// SPDX-License-Identifier: MIT
// The look at all sites: a watch is an edge and can miss a change, so now and then what is there is compared with what
// was last decided on. It acts on nothing itself.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// Queues a pursuit for each site that is up and is not settled: watch.conf is another one than was decided on, a wish
/// is open, its watch or its live release has failed, nobody listens on its address. A few files a site are read, and
/// systemd is asked once for all.
void look_at_all(const Host& host);

} // namespace baton::deploy
