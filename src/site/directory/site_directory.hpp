// SPDX-License-Identifier: MIT
// Opens a site's directory by the path that root gave: through links, but no further than those who may put one there
// could go.
#pragma once

#include "base/acl.hpp"
#include "base/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace baton::site {

struct SiteDirectory {
    Fd fd;
    std::filesystem::path real;       ///< its current place, without symlinks
    std::vector<Access> link_writers; ///< for may_be_secret_to(), also for the directory's content
    std::int64_t newest_link_ns = 0;  ///< ctime of the newest link in the path; 0: no link
};

/// Throws Error: failed if it does not exist, config if a link leads to something that those who may write the link's
/// directory may not read.
[[nodiscard]] SiteDirectory open_site_directory(const std::filesystem::path& given);

} // namespace baton::site
