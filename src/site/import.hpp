// SPDX-License-Identifier: MIT
// The import: a site's directory becomes an immutable snapshot. It only ever reads beneath that directory and writes
// beneath the snapshot, whatever the uploader does to names and symlinks meanwhile.
#pragma once

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
    std::uint64_t bytes = 16ULL << 30U;
    std::size_t path_bytes =
        3072; ///< of a name relative to the site's directory; with the state directory's it stays below PATH_MAX
};

/// A snapshot that an import may take unchanged files from.
struct PreviousSnapshot {
    std::filesystem::path tree;
    TreeIndex index;
};

struct ImportRequest {
    std::filesystem::path source;      ///< the site's directory
    std::filesystem::path destination; ///< the tree to make; must not be there
    std::string bin_name;              ///< gets mode 0755 whatever the upload had
    std::optional<PreviousSnapshot> previous;
    ImportLimits limits = {};
};

struct Imported {
    TreeIndex index;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t copied_bytes = 0;    ///< of these, read and written anew
    std::vector<std::string> warnings; ///< entries left out: sockets, FIFOs, devices
};

/// Copies, with modes 0755 and 0644, and syncs it to disk. Throws Unsettled, or Error (rejected) for a symlink out of
/// the directory or a limit that is passed, or Error (failed) for a full disk and the like; the destination may then be
/// half there.
[[nodiscard]] Imported import_tree(const ImportRequest& request);

/// Makes `destination` the same snapshot as `source`, whose index is `index`, by hard links. Throws Error (failed).
void clone_tree(const std::filesystem::path& source, const std::filesystem::path& destination, const TreeIndex& index);

} // namespace baton::site
