// SPDX-License-Identifier: MIT
// The import: a site's directory becomes an immutable snapshot. It only ever reads beneath that directory and writes
// beneath the snapshot, whatever the uploader does to names and symlinks meanwhile; and what it reads through a hard
// link is only what the uploader could have read without one.
#pragma once

#include "site/exclude.hpp"
#include "site/tree_index.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

/// Somebody still writes `path`; wait and import again.
struct Unsettled {
    std::string path;
};

struct ImportLimits {
    std::uint64_t entries = 200'000;
    std::uint64_t depth = 64;
    std::uint64_t bytes = 16ULL << 30U; ///< a sparse file counts with its size
    std::size_t path_bytes =
        3072; ///< of a name relative to the site's directory; with the state directory's it stays below PATH_MAX
    std::uint64_t name_bytes = 32ULL << 20U; ///< of all names and symlink targets together: they stand in the index
};

/// A snapshot that an import may take unchanged files from.
struct PreviousSnapshot {
    std::filesystem::path tree;
    TreeIndex index;
};

struct ImportRequest {
    std::filesystem::path source;      ///< the site's directory; absolute
    std::filesystem::path destination; ///< the tree to make; must not be there
    std::string bin_name;              ///< gets mode 0755 whatever the upload had
    std::optional<PreviousSnapshot> previous;
    ImportLimits limits = {};
    Excludes exclude = Excludes{}; ///< what is not part of the snapshot
};

struct Imported {
    TreeIndex index;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t copied_bytes = 0;    ///< of these, not shared with the previous snapshot
    std::vector<std::string> warnings; ///< entries left out: sockets, FIFOs, devices; the first ones, and how many more
};

/// Copies, with modes 0755 and 0644, and syncs it to disk. All files are then as they were at one instant. A symlink is
/// copied as it is, wherever it leads, and never followed. A file that has not changed since the previous snapshot is
/// shared with it, even if somebody has it open for writing. Throws Unsettled, or Error (rejected) for a hard link to
/// what may be another's secret or a limit that is passed, or Error (failed) for a full disk and the like; the
/// destination may then be half there.
[[nodiscard]] Imported import_tree(const ImportRequest& request);

/// Makes `destination` the same snapshot as `source`, whose index is `index`, by hard links. Throws Error (failed).
void clone_tree(const std::filesystem::path& source, const std::filesystem::path& destination, const TreeIndex& index);

} // namespace baton::site
