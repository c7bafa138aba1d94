// SPDX-License-Identifier: MIT
// What the sandbox of a release may have refused, and the setting that allows it; systemd.exec(5).
#pragma once

#include "sd/scope.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

/// The text to append to a reason, "; ...", with what to write into `systemctl edit SITE@.service`. `lines` are the
/// last that the program wrote. Empty if none tells of something that the sandbox refuses. Quotes nothing from the
/// lines: everybody may read the reason.
[[nodiscard]] std::string sandbox_advice(const std::vector<std::string>& lines, std::string_view site,
                                         sd::Scope scope = sd::Scope::system);

} // namespace baton::deploy
