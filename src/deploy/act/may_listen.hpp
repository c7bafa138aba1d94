// SPDX-License-Identifier: MIT
// R1 for addresses: PID 1 is asked to listen only where root said so, or where any user may.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// Throws Error (config) unless PID 1 may be asked to listen there for this site: root's word, and a path that is safe.
void require_may_listen(const SiteContext& context, const site::Address& address);

} // namespace baton::deploy
