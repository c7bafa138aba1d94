// SPDX-License-Identifier: MIT
// Looks at everything that is the case with a site. Changes nothing.
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

/// ... and one release of them, by its record and its program, while these sockets are there.
[[nodiscard]] ReleaseUnit unit_of(const site::Store& store, const site::Manifest& record, const site::IsHeld& is_held);

/// Which sockets of the site are there.
[[nodiscard]] site::IsHeld held_in(const SiteContext& context, const Picture& picture);
/// ... and where `release` is to be reached; of none: nowhere.
[[nodiscard]] Reach reach_of(const SiteContext& context, const Picture& picture, const ReleasePicture* release);

/// What a unit's status says of a release.
[[nodiscard]] Run run_of(const sd::UnitStatus& status);
/// The same, all of it, into the picture of that release.
void take_status(ReleasePicture& picture, const sd::UnitStatus& status);
/// Whether systemd failed to set it up, before the program had a say; systemd.exec(5) "Process exit codes".
[[nodiscard]] bool is_hosts_fault(const sd::UnitStatus& status);

} // namespace baton::deploy
