// SPDX-License-Identifier: MIT
// The list of a snapshot's entries: what each is, and the identity of the uploaded file it was copied from, so that the
// next import sees what has not changed without reading it. Kept as releases/N/index.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace baton::site {

/// What tells an unchanged file: any write moves its ctime, which nobody can set.
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
    std::string content; ///< of a file its SHA-256, of a symlink its target
};

/// By path relative to the tree's top, in byte order.
using TreeIndex = std::map<std::string, TreeEntry>;

/// SHA-256 over names, types, modes and contents; not over times or inodes.
[[nodiscard]] std::string tree_digest(const TreeIndex& index);

[[nodiscard]] std::string to_text(const TreeIndex& index);
/// An index that cannot be read is an empty one: everything is then copied anew.
[[nodiscard]] TreeIndex index_from_text(std::string_view text);

} // namespace baton::site
