// SPDX-License-Identifier: MIT
// The list of a snapshot's entries, with the identity of the uploaded file that each was copied from, so the next
// import recognises unchanged files without reading them. Kept as releases/N/index.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace baton::site {

/// Identifies an unchanged file: any write changes its ctime, which nobody can set.
struct SourceStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    bool operator==(const SourceStamp&) const = default;
};
[[nodiscard]] SourceStamp stamp_of(const struct stat& st) noexcept;

struct TreeEntry {
    enum class Type : char { directory = 'd', file = 'f', symlink = 'l' };
    Type type = Type::file;
    unsigned mode = 0;
    SourceStamp source;
    std::string content; ///< SHA-256 of a file, target of a symlink
};

/// Entries by path relative to the tree's top, in byte order.
using TreeIndex = std::map<std::string, TreeEntry>;

/// SHA-256 of names, types, modes and contents, but not of times or inodes.
[[nodiscard]] std::string tree_digest(const TreeIndex& index);

[[nodiscard]] std::string to_text(const TreeIndex& index);
/// An unreadable index counts as empty: everything is then copied again.
[[nodiscard]] TreeIndex index_from_text(std::string_view text);

} // namespace baton::site
