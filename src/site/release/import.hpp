// SPDX-License-Identifier: MIT
// The import: turns a site's directory into an immutable snapshot. It only reads beneath that directory and writes
// beneath the snapshot, whatever the uploader does to names and symlinks meanwhile. Through a hard link it reads only
// files that the uploader could have read without it.
#pragma once

#include "site/conf/exclude.hpp"
#include "site/release/tree_index.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

/// Somebody is still writing `path`; wait and import again.
struct Unsettled {
    std::string path;
};

struct ImportLimits {
    std::uint64_t entries = 200'000;
    std::uint64_t depth = 64;
    std::uint64_t bytes = 16ULL << 30U; ///< a sparse file counts with its full size
    std::size_t path_bytes =
        3072; ///< a name relative to the site's directory; with the state directory's path it stays below PATH_MAX
    std::uint64_t name_bytes = 32ULL << 20U; ///< all names and symlink targets together, which are in the index
};

/// A snapshot that an import may take unchanged files from.
struct PreviousSnapshot {
    std::filesystem::path tree;
    TreeIndex index;
};

struct ImportRequest {
    std::filesystem::path source;      ///< the site's directory; absolute
    std::filesystem::path destination; ///< the tree to make; must not exist
    std::string bin_name;              ///< gets mode 0755, whatever its mode in the upload
    std::optional<PreviousSnapshot> previous;
    ImportLimits limits = {};
    Excludes exclude = Excludes{}; ///< entries to leave out of the snapshot
    /// Called with the bytes done so far, at least once for each file and each part of a long one.
    std::function<void(std::uint64_t bytes)> progress = {};
};

struct Imported {
    TreeIndex index;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t copied_bytes = 0; ///< the part not shared with the previous snapshot
    std::vector<std::string>
        warnings; ///< entries left out: sockets, FIFOs, devices; the first few, and the number of others
};

/// Copies, with modes 0755 and 0644, and syncs to disk. All files are then as they were at one instant. A symlink is
/// copied as it is, wherever it leads, and never followed. A file that has not changed since the previous snapshot is
/// shared with it, even if somebody has it open for writing. Throws Unsettled; Error (rejected) for a file that may be
/// another user's secret or for an exceeded limit; Error (failed) for a full disk and the like. After a throw the
/// destination may be incomplete.
[[nodiscard]] Imported import_tree(const ImportRequest& request);

/// Makes `destination` the same snapshot as `source`, whose index is `index`, with hard links. Throws Error (failed).
void clone_tree(const std::filesystem::path& source, const std::filesystem::path& destination, const TreeIndex& index);

} // namespace baton::site
