// SPDX-License-Identifier: MIT
// Observes the whole state of a site. Changes nothing.
#pragma once

#include "deploy/act/pursued.hpp"
#include "deploy/picture/occasion.hpp"
#include "deploy/picture/picture.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"

namespace baton::deploy {

[[nodiscard]] Picture observe(Pursued& pursued, const Occasion& occasion);

/// What the site's unit files depend on: the live release, and the candidate.
[[nodiscard]] UnitParameters needed_units(const SiteContext& context, const Picture& picture);

/// ... and without a candidate. `live`: the live release's record, or null.
[[nodiscard]] UnitParameters needed_units(const site::Store& store, const site::SiteRecord& record,
                                          const site::Manifest* live, const site::IsHeld& is_held);

/// Which of the site's sockets exist.
[[nodiscard]] site::IsHeld held_in(const SiteContext& context, const Picture& picture);
/// ... and where clients reach `release`; without a release: nowhere.
[[nodiscard]] Reach reach_of(const SiteContext& context, const Picture& picture, const ReleasePicture* release);

/// What a unit's status says about a release.
[[nodiscard]] Run run_of(const sd::UnitStatus& status);
/// The same, with all details, into that release's picture.
void take_status(ReleasePicture& picture, const sd::UnitStatus& status);
/// Whether systemd failed to set it up before the program ran; systemd.exec(5) "Process exit codes".
[[nodiscard]] bool is_hosts_fault(const sd::UnitStatus& status);

} // namespace baton::deploy
