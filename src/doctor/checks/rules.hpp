// SPDX-License-Identifier: MIT
// The settings of a site's units on which its sandbox, its drain and its way back depend, with baton's values: what
// somebody's drop-in, or a default of this host, has made of them.
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::doctor {

/// A unit of a site, with what baton has set there.
struct UnitSeen {
    std::string site;
    SeenUnit unit;
    std::string template_unit;                              ///< whose drop-ins `systemctl edit` writes: "shop@.service"
    std::filesystem::path drop_ins = "/etc/systemd/system"; ///< below which `systemctl edit` writes
    std::chrono::microseconds longest_stop{};               ///< of a handle: how long its releases may take to stop
    std::vector<std::filesystem::path> written = {};        ///< of a handle: directories in which its processes write
};

[[nodiscard]] UnitSeen observe_release_unit(SiteSubject& site);
[[nodiscard]] UnitSeen observe_handle_unit(SiteSubject& site);
[[nodiscard]] UnitSeen observe_watch_unit(SiteSubject& site);
[[nodiscard]] std::vector<UnitSeen> observe_socket_units(SiteSubject& site);

/// What keeps a release in its sandbox.
[[nodiscard]] Findings judge_sandbox(const UnitSeen& release);
/// What lets a release finish its requests, and ends one that does not.
[[nodiscard]] Findings judge_drain(const UnitSeen& release);
/// What baton needs to start a release, and to hear of its end: Restart= and the like.
[[nodiscard]] Findings judge_release(const UnitSeen& release);
[[nodiscard]] Findings judge_handle_unit(const UnitSeen& handle);
[[nodiscard]] Findings judge_watch_unit(const UnitSeen& watch);
[[nodiscard]] Findings judge_socket_units(const std::vector<UnitSeen>& sockets);

} // namespace baton::doctor
