// SPDX-License-Identifier: MIT
// What a program that is a script may have to do with its release's failure to start: systemd knows the script's own
// process alone.
#pragma once

#include <filesystem>
#include <string>

namespace baton::deploy {

/// What comes after a reason, "; ..."; empty for what is no script, or one with nothing to be said of.
[[nodiscard]] std::string script_note(const std::filesystem::path& program);

} // namespace baton::deploy
