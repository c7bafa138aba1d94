// SPDX-License-Identifier: MIT
// What deploy and rollback have in common after the switch: the release is live, but on probation.
#pragma once

#include "cli/command.hpp"
#include "deploy/requests.hpp"
#include "deploy/until_proven.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace baton::cli {

inline constexpr auto k_until_proven_help =
    "Wait until probation is over (ProbationSecond); exit with status 4 if the release is rolled back";

enum class Verdict { awaited, not_awaited };

/// Runs `make`, says what goes on if Ctrl-C ends the command meanwhile ("the deploy"), and returns what it returns.
deploy::Deployed make_live(const Environment& environment, const std::string& site, std::string_view what,
                           const std::function<deploy::Deployed()>& make);

/// Waits for the verdict and prints it for people, or says how to wait for it, if there is none yet. Throws what
/// deploy::wait_until_proven() throws.
void tell_verdict(const Environment& environment, deploy::SiteContext& context, int release, Verdict verdict);

} // namespace baton::cli
