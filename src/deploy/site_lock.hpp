// SPDX-License-Identifier: MIT
// One deploy at a time for each site.
#pragma once

#include "base/lock.hpp"
#include "deploy/context.hpp"

namespace baton::deploy {

[[nodiscard]] Lock lock_site(const SiteContext& context, OnBusy on_busy);

} // namespace baton::deploy
