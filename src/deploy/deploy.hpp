// SPDX-License-Identifier: MIT
// The deploy: from a changed watch.conf to a live release.
#pragma once

#include "deploy/go_live.hpp"
#include "deploy/snapshot.hpp"

namespace baton::deploy {

/// Makes the content of the site's directory live, and what it is changed to meanwhile. Throws Error; whatever was live
/// before then still is.
Deployed deploy(SiteContext& context, OnBusy on_busy, Repeat repeat);

} // namespace baton::deploy
