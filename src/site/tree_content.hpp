// SPDX-License-Identifier: MIT
// Which content a site's directory has, without making a snapshot of it: what `baton check` compares with releases.
#pragma once

#include "site/exclude.hpp"
#include "site/tree_index.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace baton::site {

struct ContentRequest {
    std::filesystem::path directory; ///< absolute
    std::string bin_name;
    Excludes exclude;
    std::string conf_name;
    std::optional<std::string> conf_text = {}; ///< what watch.conf would have; none: what it has
    TreeIndex known = {};                      ///< of a snapshot: what has not changed since is not read again
};

/// The tree_digest() that a snapshot of the directory would have. It reads only, and says nothing of files that are
/// written meanwhile. Throws Error: rejected when a limit of an import is passed, failed when a file cannot be read.
[[nodiscard]] std::string content_digest(const ContentRequest& request);

} // namespace baton::site
