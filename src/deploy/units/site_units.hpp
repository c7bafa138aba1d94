// SPDX-License-Identifier: MIT
// The unit files of a site: the same text for every site, and drop-ins with what differs (address, watched file,
// directory).
#pragma once

#include "deploy/units/paths.hpp"
#include "site/address.hpp"
#include "site/store.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// What the unit files of a site depend on.
struct UnitParameters {
    std::string site;
    site::SiteRecord record;
    site::Address live_address; ///< of the live release; the same as `address` unless a deploy is moving the site
    site::Address address;      ///< of the next release to start: SITE.socket's, or one the site has moved to
    bool is_script = false;     ///< its program is one
    bool operator==(const UnitParameters&) const = default;
};

/// The name of each drop-in of ours; it sorts before the override.conf of `systemctl edit`.
constexpr std::string_view k_drop_in = "10-baton.conf";
/// ... and after it.
constexpr std::string_view k_last_drop_in = "zz-baton.conf";

/// The unit that listens on `address`.
[[nodiscard]] std::string listener_unit(std::string_view site, const site::SiteRecord& record,
                                        const site::Address& address);

/// File names relative to the unit directory, and what stands in them. Reads the templates; throws Error when they are
/// missing.
[[nodiscard]] std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters);

/// Whether write_units() would write anything: somebody changed them, or they are those of another address.
[[nodiscard]] bool units_differ(const Paths& paths, const UnitParameters& parameters);

/// Whether each of those files is there, whatever it says; cheap enough for a look at a thousand sites.
[[nodiscard]] bool units_are_there(const Paths& paths, std::string_view site);

enum class Written {
    nothing,
    releases, ///< only the drop-in of the releases: the unit of one that was never loaded is read when it is started
    others,   ///< systemd must reload
};
/// Writes those that differ from what is there.
Written write_units(const Paths& paths, const UnitParameters& parameters);
/// Removes every file and drop-in that write_units() makes; drop-ins of other people stay.
void remove_units(const Paths& paths, std::string_view site);
/// The units of the site that have files.
[[nodiscard]] std::vector<std::string> unit_names(std::string_view site);

} // namespace baton::deploy
