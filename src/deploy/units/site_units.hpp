// SPDX-License-Identifier: MIT
// The unit files of a site: the same text for every site, and drop-ins with what differs (address, watched file,
// directory). A release that differs from the others has a drop-in of its own, in place of theirs: what one that is
// tried needs is nothing to the one that serves, whoever has systemd read all units anew meanwhile.
#pragma once

#include "deploy/units/paths.hpp"
#include "site/address.hpp"
#include "site/store.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// A release that can be started: what its unit depends on.
struct ReleaseUnit {
    int release = 0;
    std::vector<site::Address> addresses; ///< whose listeners it gets: the carriers of its own
    bool is_script = false;               ///< its program is one
    bool is_known = true;                 ///< systemd may have read its unit already
    bool operator==(const ReleaseUnit&) const = default;
};

/// What the unit files of a site depend on.
struct UnitParameters {
    std::string site;
    site::SiteRecord record;
    std::vector<ReleaseUnit> releases = {}; ///< the live one, and the one that is tried
    bool operator==(const UnitParameters&) const = default;
};

/// The name of each drop-in of ours; it sorts before the override.conf of `systemctl edit`. That of SITE@N.service is
/// read in place of that of SITE@.service; systemd.unit(5).
constexpr std::string_view k_drop_in = "10-baton.conf";
/// ... and after it.
constexpr std::string_view k_last_drop_in = "zz-baton.conf";

/// The unit whose socket is bound to `address`.
[[nodiscard]] std::string listener_unit(std::string_view site, const site::SiteRecord& record,
                                        const site::Address& address);
[[nodiscard]] std::vector<std::string> listener_units(std::string_view site, const site::SiteRecord& record,
                                                      const std::vector<site::Address>& addresses);

/// Which sockets of the site are there; `is_active`: of a unit.
[[nodiscard]] site::IsHeld held_sockets(std::string_view site, const site::SiteRecord& record,
                                        std::function<bool(const std::string&)> is_active);

/// File names relative to the unit directory, and what stands in them. Reads the templates; throws Error when they are
/// missing.
[[nodiscard]] std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters);

/// Whether write_units() would write anything: somebody changed them, or they are those of another address.
[[nodiscard]] bool units_differ(const Paths& paths, const UnitParameters& parameters);

/// Whether each of those files is there, whatever it says; cheap enough for a look at a thousand sites.
[[nodiscard]] bool units_are_there(const Paths& paths, const UnitParameters& parameters);

enum class Written {
    nothing,
    unread, ///< of a release whose unit systemd reads when it is started
    others, ///< systemd must reload
};
/// Writes those that differ from what is there.
Written write_units(const Paths& paths, const UnitParameters& parameters);
/// Removes what write_units() made for one release, which is not started any more.
void remove_release_unit(const Paths& paths, std::string_view site, int release) noexcept;
/// Removes every file and drop-in that write_units() makes; drop-ins of other people stay.
void remove_units(const Paths& paths, std::string_view site);
/// Whether units that baton wrote for a site of this name are there, all of them or some.
[[nodiscard]] bool has_units(const Paths& paths, std::string_view site);
/// The units of the site that have files.
[[nodiscard]] std::vector<std::string> unit_names(std::string_view site);

} // namespace baton::deploy
