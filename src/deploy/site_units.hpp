// SPDX-License-Identifier: MIT
// The unit files of a site: the same text for every site, and drop-ins with what differs (address, watched file,
// directory).
#pragma once

#include "deploy/paths.hpp"
#include "site/address.hpp"
#include "site/store.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace baton::deploy {

/// What the unit files of a site depend on.
struct UnitParameters {
    std::string site;
    site::SiteRecord record;
    site::Address live_address; ///< of the live release; the same as `address` unless a deploy is moving the site
    site::Address address;      ///< of the next release to start: SITE.socket's, or one the site has moved to
};

/// The unit that listens on `address`.
[[nodiscard]] std::string listener_unit(std::string_view site, const site::SiteRecord& record,
                                        const site::Address& address);

/// File names relative to the unit directory, and what stands in them. Reads the templates; throws Error when they are
/// missing.
[[nodiscard]] std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters);

enum class Written { nothing, something };
/// Writes those that differ from what is there. After Written::something systemd must reload.
Written write_units(const Paths& paths, const UnitParameters& parameters);
/// Removes every file and drop-in that write_units() makes; drop-ins of other people stay.
void remove_units(const Paths& paths, std::string_view site);

} // namespace baton::deploy
