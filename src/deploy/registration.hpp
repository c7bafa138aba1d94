// SPDX-License-Identifier: MIT
// A site comes and goes: baton add, baton remove.
#pragma once

#include "deploy/context.hpp"
#include "deploy/requests.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::deploy {

/// What is chosen when a site is added, and can be changed later.
struct SiteSettings {
    std::vector<site::Address> listen = {}; ///< what the site may listen on, besides what any user may
    std::optional<std::chrono::seconds> idle_exit = std::nullopt; ///< as in site::SiteRecord; 0: not on demand
};

/// Registers the directory as `site`: unit files, listener, first deploy, enabled. On Error nothing of it is left.
/// `settings`: empty ones are those of a site that is always up and listens only where any user may.
Deployed add_site(const Host& host, const std::string& site, const std::filesystem::path& directory,
                  const SiteSettings& settings);

/// Replaces those that are given for a registered site, and changes nothing else. Throws Error.
void change_site(const Host& host, const std::string& site, const SiteSettings& settings);

/// Stops the site and forgets it. The site's own directory is not touched.
void remove_site(const Host& host, const std::string& site);

} // namespace baton::deploy
