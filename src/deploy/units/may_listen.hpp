// SPDX-License-Identifier: MIT
// R1 for addresses: PID 1 is asked to listen only where root said so, or where any user may.
#pragma once

#include "site/store.hpp"

#include <string>
#include <vector>

namespace baton::deploy {

enum class Registered { no, yes };

/// Throws Error (config) unless PID 1 may be asked to listen on each for this site: root's word, a path that is safe,
/// and not too long for the name of a unit.
void require_may_listen(const std::string& site, const site::SiteRecord& record,
                        const std::vector<site::Address>& addresses, Registered registered = Registered::yes);

} // namespace baton::deploy
