// SPDX-License-Identifier: MIT
// A site comes and goes: baton add, baton remove.
#pragma once

#include "deploy/context.hpp"
#include "deploy/requests.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace baton::deploy {

/// Registers the directory as `site`: unit files, listener, first deploy, enabled. On Error nothing of it is left.
/// `listen`: what the site may listen on, besides what any user may.
Deployed add_site(const Host& host, const std::string& site, const std::filesystem::path& directory,
                  const std::vector<site::Address>& listen);

/// Replaces that list for a registered site, and changes nothing else. Throws Error.
void set_listen(const Host& host, const std::string& site, const std::vector<site::Address>& listen);

/// Stops the site and forgets it. The site's own directory is not touched.
void remove_site(const Host& host, const std::string& site);

} // namespace baton::deploy
