// SPDX-License-Identifier: MIT
// The directory /run/SITE for a site's unix sockets. It belongs to the site if nothing else uses it at registration.
#pragma once

#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace baton::site {

/// Throws Error (usage) if `run`/`site` belongs to something else: if it is anything but an empty directory of `owner`,
/// which an unregistered site leaves behind.
void require_free_run_directory(const std::filesystem::path& run, std::string_view site, uid_t owner = 0);

} // namespace baton::site
