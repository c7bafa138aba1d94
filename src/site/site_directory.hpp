// SPDX-License-Identifier: MIT
// A site's directory, open, by the path that root gave: through links, but no further than who may put one there could
// go.
#pragma once

#include "base/acl.hpp"
#include "base/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace baton::site {

struct SiteDirectory {
    Fd fd;
    std::filesystem::path real;       ///< where it is now, without symlinks
    std::vector<Access> link_writers; ///< of may_be_secret_to(): for what is in it, too
    std::int64_t newest_link_ns = 0;  ///< ctime of the link on the way that was switched last; 0: no link
};

/// Throws Error: failed when there is none, config when a link leads to what those who may write the directory that
/// holds the link may not read.
[[nodiscard]] SiteDirectory open_site_directory(const std::filesystem::path& given);

} // namespace baton::site
