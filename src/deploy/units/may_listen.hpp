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

/// Throws Error (config) when one of `addresses` overlaps another of the live release's: "127.0.0.1:8080" beside
/// "8080". The kernel would choose between the two sockets by itself while one is being replaced by the other.
void require_apart_from_live(const site::Store& store, const std::vector<site::Address>& addresses);

} // namespace baton::deploy
