// SPDX-License-Identifier: MIT
// The content of a site's directory, determined without a snapshot; `baton check` compares it with releases.
#pragma once

#include "site/conf/exclude.hpp"
#include "site/release/tree_index.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace baton::site {

struct ContentRequest {
    std::filesystem::path directory; ///< absolute
    std::string bin_name;
    Excludes exclude;
    std::string conf_name;
    std::optional<std::string> conf_text = {}; ///< the future content of watch.conf; none: its current content
    TreeIndex known = {};                      ///< index of a snapshot: files unchanged since then are not read again
};

/// The tree_digest() that a snapshot of the directory would have. Only reads, and does not detect files that are being
/// written. Throws Error: rejected if a limit of an import is exceeded, failed if a file cannot be read.
[[nodiscard]] std::string content_digest(const ContentRequest& request);

} // namespace baton::site
