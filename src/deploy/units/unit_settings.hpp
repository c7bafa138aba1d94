// SPDX-License-Identifier: MIT
// What an administrator has set for a site's units, for example with `systemctl edit`.
#pragma once

#include "deploy/units/paths.hpp"
#include "site/release/store.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// The drop-ins of `unit` and of its template, without baton's own; sorted. Of a listener SITE@ADDRESS.socket also
/// those of SITE.socket, which hold for it too.
[[nodiscard]] std::vector<std::filesystem::path> others_drop_ins(const Paths& paths, std::string_view unit);

/// UnitFileState= of the units that somebody has masked or enabled, by unit: "masked-runtime", "enabled". The manager
/// would read all of its directories for each unit.
[[nodiscard]] std::map<std::string, std::string> unit_file_states(const Paths& paths);

/// The text of SITE.socket's drop-ins, in systemd's order: SITE@.socket gets it as well, so that one place holds for
/// every listener of the site, wherever it listens.
[[nodiscard]] std::string shared_listener_settings(const Paths& paths, std::string_view site);

/// The directories for drop-ins of single listeners, SITE@ADDRESS.socket.d/, of all sites, by unit.
using ListenerDropIns = std::multimap<std::string, std::filesystem::path, std::less<>>;
[[nodiscard]] ListenerDropIns listener_drop_ins(const Paths& paths);
/// What is in those of the site, for addresses other than those of `units`; sorted.
[[nodiscard]] std::vector<std::filesystem::path> drop_ins_of_other_listeners(const ListenerDropIns& directories,
                                                                             std::string_view site,
                                                                             const std::vector<std::string>& units);

/// SHA-256 in hex of the names and contents of the drop-ins for the site's releases, and for the listeners of those
/// that listen on `addresses`; empty when there are none.
[[nodiscard]] std::string settings_digest(const Paths& paths, std::string_view site, const site::SiteRecord& record,
                                          const std::vector<site::Address>& addresses);

} // namespace baton::deploy
