// SPDX-License-Identifier: MIT
// What deploy and rollback have in common after the switch: the release is live, but on probation.
#pragma once

#include "cli/command.hpp"
#include "deploy/until_proven.hpp"

namespace baton::cli {

inline constexpr auto k_until_proven_help =
    "Wait until probation is over (ProbationSecond); exit with status 4 if the release is rolled back";

/// Waits for the verdict, and prints it for people. Throws what deploy::wait_until_proven() throws.
void wait_for_verdict(Environment& environment, deploy::SiteContext& context, int release);

/// Says how to wait for the verdict, if there is none yet.
void tell_probation(const Environment& environment, const deploy::SiteContext& context, int release);

} // namespace baton::cli
