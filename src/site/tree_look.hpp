// SPDX-License-Identifier: MIT
// A look at a site's directory without reading any file: has anything in it changed, and when did it last? Cheap enough
// to be taken often; what it finds changed may still have the same content.
#pragma once

#include "site/exclude.hpp"
#include "site/import.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <sys/stat.h>

namespace baton::site {

struct TreeLook {
    /// The newest ctime of all that an import would copy, and of directories, where a deletion shows; not of a
    /// directory that holds something excluded, for that comes and goes as it likes. The time of the look where
    /// something vanished during it. It may lie in the future: the clock may have been set back.
    std::chrono::system_clock::time_point newest_change;
    /// SHA-256 over path, type, mode, inode, and of files and symlinks size, mtime and ctime: the same as long as an
    /// import would find every file unchanged. It holds across reboots.
    std::string fingerprint;
    std::uint64_t entries = 0; ///< without what is excluded
};

/// One entry of the directory, while it is looked at.
struct TreeEntryAt {
    int directory; ///< the one it is in
    const std::string& name;
    const std::string& path; ///< relative to the top
    const struct stat& status;
};
using TreeVisitor = std::function<void(const TreeEntryAt&)>;

/// `directory` is absolute, and opened as by open_site_directory(); no symlink within is followed. Throws Error:
/// rejected when a limit is passed, failed when it cannot be read. `visit` is called for each entry, a directory before
/// what is in it; what it throws comes through.
[[nodiscard]] TreeLook newest_change(const std::filesystem::path& directory, const Excludes& excludes,
                                     const ImportLimits& limits = {}, const TreeVisitor& visit = {});

} // namespace baton::site
