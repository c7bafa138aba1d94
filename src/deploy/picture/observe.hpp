// SPDX-License-Identifier: MIT
// Looks at everything that is the case with a site. Changes nothing.
#pragma once

#include "deploy/act/pursued.hpp"
#include "deploy/picture/occasion.hpp"
#include "deploy/picture/picture.hpp"
#include "deploy/units/site_units.hpp"

namespace baton::deploy {

[[nodiscard]] Picture observe(Pursued& pursued, const Occasion& occasion);

/// What the site's unit files depend on: the live release, and the candidate.
[[nodiscard]] UnitParameters needed_units(const SiteContext& context, const Picture& picture);

/// ... and one release of them, by its record and its program.
[[nodiscard]] ReleaseUnit unit_of(const site::Store& store, const site::Manifest& record);

/// What a unit's status says of a release.
[[nodiscard]] Run run_of(const sd::UnitStatus& status);
/// The same, all of it, into the picture of that release.
void take_status(ReleasePicture& picture, const sd::UnitStatus& status);
/// Whether systemd failed to set it up, before the program had a say; systemd.exec(5) "Process exit codes".
[[nodiscard]] bool is_hosts_fault(const sd::UnitStatus& status);

} // namespace baton::deploy
