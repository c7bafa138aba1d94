// SPDX-License-Identifier: MIT
// Why a release whose program is a script may fail to start: systemd knows only the script's own process.
#pragma once

#include <filesystem>
#include <string>

namespace baton::deploy {

/// The text to append to a reason, "; ..."; empty when the program is not a script, or nothing is to be said about it.
[[nodiscard]] std::string script_note(const std::filesystem::path& program);

} // namespace baton::deploy
