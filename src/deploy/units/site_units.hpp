// SPDX-License-Identifier: MIT
// The unit files of a site: the same text for every site, and drop-ins with what differs (address, watched file,
// directory). A release that differs from the others has its own drop-in in place of theirs. So a candidate changes
// nothing for the release that serves, whoever makes systemd reload meanwhile.
#pragma once

#include "deploy/units/paths.hpp"
#include "sd/unit_list.hpp"
#include "site/listen/address.hpp"
#include "site/release/store.hpp"

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
    std::vector<site::Address> addresses; ///< whose listeners it gets: the carriers of its addresses
    bool is_script = false;               ///< its program is a script
    bool is_known = true;                 ///< systemd may have read its unit already
    bool operator==(const ReleaseUnit&) const = default;
};

/// What the unit files of a site depend on.
struct UnitParameters {
    std::string site;
    site::SiteRecord record;
    std::vector<ReleaseUnit> releases = {}; ///< the live one and the candidate
    /// The handle's start listens on SITE.socket at once, before a process of ours runs.
    bool listens_at_start = true;
    /// The live release relies on O_NONBLOCK: without NonBlocking=yes, each start with its sockets would clear it.
    bool nonblocking = false;
    bool operator==(const UnitParameters&) const = default;
};

/// The name of each of our drop-ins; it sorts before the override.conf of `systemctl edit`. systemd reads the one of
/// SITE@N.service instead of the one of SITE@.service; systemd.unit(5).
constexpr std::string_view k_drop_in = "10-baton.conf";
/// ... and one that sorts after it.
constexpr std::string_view k_last_drop_in = "zz-baton.conf";

/// The unit whose socket is bound to `address`.
[[nodiscard]] std::string listener_unit(std::string_view site, const site::SiteRecord& record,
                                        const site::Address& address);
[[nodiscard]] std::vector<std::string> listener_units(std::string_view site, const site::SiteRecord& record,
                                                      const std::vector<site::Address>& addresses);

/// Which of the site's sockets exist. `is_active`: the unit is active.
[[nodiscard]] site::IsHeld held_sockets(std::string_view site, const site::SiteRecord& record,
                                        std::function<bool(const std::string&)> is_active);
/// The same of a listing, which must outlive the result.
[[nodiscard]] site::IsHeld held_sockets(std::string_view site, const site::SiteRecord& record,
                                        const sd::UnitList& units);

/// File names relative to the unit directory, and their texts. Reads the templates; throws Error when they are missing.
[[nodiscard]] std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters);

/// Whether write_units() would write anything: somebody changed the files, or they are for another address.
[[nodiscard]] bool units_differ(const Paths& paths, const UnitParameters& parameters);

/// Whether each of those files exists, whatever its text; cheap enough for a look at a thousand sites.
[[nodiscard]] bool units_are_there(const Paths& paths, const UnitParameters& parameters);

enum class Written {
    nothing,
    unread, ///< only units that systemd reads when it starts them
    others, ///< systemd must reload
};
/// Writes the files that differ.
Written write_units(const Paths& paths, const UnitParameters& parameters);
/// Removes what write_units() made for one release that is never started again.
void remove_release_unit(const Paths& paths, std::string_view site, int release) noexcept;
/// Removes every file and drop-in that write_units() makes; other people's drop-ins stay.
void remove_units(const Paths& paths, std::string_view site);
/// Whether units exist that baton wrote for a site of this name, all of them or some.
[[nodiscard]] bool has_units(const Paths& paths, std::string_view site);
/// Makes systemd start the site at boot, as `systemctl enable` does. systemd itself is not asked: it would say of every
/// unit that its files have changed, until a daemon-reload. Throws Error.
void enable_site(const Paths& paths, std::string_view site);
/// Whether systemd is to start the site at boot, also if its unit file is gone: a copy of a site's state is no site.
[[nodiscard]] bool is_enabled(const Paths& paths, std::string_view site);
/// The units of the site that have files.
[[nodiscard]] std::vector<std::string> unit_names(std::string_view site);

} // namespace baton::deploy
