// SPDX-License-Identifier: MIT
// A site comes and goes: baton add, baton remove.
#pragma once

#include "deploy/context.hpp"
#include "deploy/deploy.hpp"

#include <filesystem>
#include <string>

namespace baton::deploy {

/// Registers the directory under the name `site`: unit files, listener, first deploy, enabled. Throws Error; then
/// nothing of it is left.
Deployed add_site(const Host& host, const std::string& site, const std::filesystem::path& directory);

/// Stops the site and forgets it. The site's own directory is not touched.
void remove_site(const Host& host, const std::string& site);

/// What `baton check` finds: the parsed file and where it is. `path` is a site's directory or a watch.conf in one.
/// Throws Error (config).
struct CheckedSite {
    site::SiteRecord record;
    site::ParsedWatchConf parsed;
};
[[nodiscard]] CheckedSite check_site(const std::filesystem::path& path);

} // namespace baton::deploy
