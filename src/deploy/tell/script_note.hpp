// SPDX-License-Identifier: MIT
// Why a release whose program is a script may fail to start: systemd knows only the script's own process.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace baton::deploy {

/// The text to append to a reason, "; ..."; empty when the program is not a script, or nothing is to be said about it.
[[nodiscard]] std::string script_note(const std::filesystem::path& program);

/// The words of a script, or of its first 64 KiB, without those of its comments: "exec", "venv/bin/gunicorn", "-v".
[[nodiscard]] std::vector<std::string> script_words(const std::filesystem::path& script);

} // namespace baton::deploy
