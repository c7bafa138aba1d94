// SPDX-License-Identifier: MIT
// R1 for addresses: PID 1 is asked to listen only where root said so, or where any user may.
#pragma once

#include "site/store.hpp"

#include <string>

namespace baton::deploy {

/// Throws Error (config) unless PID 1 may be asked to listen there for this site: root's word, a path that is safe, and
/// not too long for the name of a unit.
void require_may_listen(const std::string& site, const site::SiteRecord& record, const site::Address& address);

} // namespace baton::deploy
