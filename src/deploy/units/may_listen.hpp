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

/// The addresses that the sockets of the live release are bound to: its own, or those that carry them; of one that
/// nobody listens on, itself.
[[nodiscard]] std::vector<site::Address> sockets_of_live(const site::Store& store);

/// Throws Error (config) when an address of `conf` takes in one of those sockets: "8080" where 127.0.0.1:8080 is bound.
/// What they carry is fine, but for addresses of two names on one socket: a connection would be anybody's.
void require_apart_from_live(const site::Store& store, const site::WatchConf& conf);

} // namespace baton::deploy
