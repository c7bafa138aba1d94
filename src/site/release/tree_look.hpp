// SPDX-License-Identifier: MIT
// A look at a site's directory without reading any file: has anything changed, and when was the last change? It is
// cheap enough to run often. A changed file may still have the same content.
#pragma once

#include "site/conf/exclude.hpp"
#include "site/release/import.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <sys/stat.h>

namespace baton::site {

struct TreeLook {
    /// The newest ctime of everything that an import would copy, and of directories, which show deletions. Directories
    /// that hold excluded entries do not count, because such entries come and go. If something vanished during the
    /// look, the time of the look. It may be in the future: the clock may have been set back.
    std::chrono::system_clock::time_point newest_change;
    /// SHA-256 of path, type, mode and inode, and for files and symlinks of size, mtime and ctime: constant as long as
    /// an import would find every file unchanged. It is valid across reboots.
    std::string fingerprint;
    std::uint64_t entries = 0; ///< without excluded ones
};

/// One entry of the directory during the look.
struct TreeEntryAt {
    int directory; ///< the directory that holds it
    const std::string& name;
    const std::string& path; ///< relative to the top
    const struct stat& status;
};
using TreeVisitor = std::function<void(const TreeEntryAt&)>;

/// `directory` is absolute, and opened as by open_site_directory(); symlinks within are not followed. Calls `visit` for
/// each entry, for a directory before its entries, and passes on its exceptions. Throws Error: rejected if a limit is
/// exceeded, failed if the directory cannot be read.
[[nodiscard]] TreeLook newest_change(const std::filesystem::path& directory, const Excludes& excludes,
                                     const ImportLimits& limits = {}, const TreeVisitor& visit = {});

} // namespace baton::site
