// SPDX-License-Identifier: MIT
// R1 for addresses: PID 1 listens only where root allowed it, or where any user may. A user's own manager can listen
// where that user may, and nowhere else.
#pragma once

#include "deploy/units/paths.hpp"
#include "site/release/store.hpp"

#include <string>
#include <vector>

namespace baton::deploy {

enum class Registered { no, yes };

/// Throws Error (config) unless the manager may listen on each address for this site: root allows it, a path is safe,
/// and it is not too long for a unit name.
void require_may_listen(const Paths& paths, const std::string& site, const site::SiteRecord& record,
                        const std::vector<site::Address>& addresses, Registered registered = Registered::yes);

/// The addresses that the live release's sockets are bound to: its own, or their carriers. An address that nobody
/// listens on stands for itself.
[[nodiscard]] std::vector<site::Address> sockets_of_live(const site::Store& store);

/// Throws Error (config) when an address of `conf` includes one of those sockets: "8080" where 127.0.0.1:8080 is bound.
/// An address that such a socket carries is fine, unless two names would share the socket: a connection could belong to
/// either.
void require_apart_from_live(const site::Store& store, const site::WatchConf& conf);

} // namespace baton::deploy
