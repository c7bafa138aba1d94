// SPDX-License-Identifier: MIT
// The directory /run/SITE, where a site may have its unix sockets: its own if nobody else has it when it is registered.
// registered.
#pragma once

#include <filesystem>
#include <string_view>

namespace baton::site {

/// Throws Error (usage) when `run`/`site` is another's: anything but a directory of root's with nothing in it, which is
/// what a site that was unregistered leaves.
void require_free_run_directory(const std::filesystem::path& run, std::string_view site);

} // namespace baton::site
