// SPDX-License-Identifier: MIT
// Lets named users and groups read one file, by its access control list; acl(5). The kernel's own form of it, so no
// library.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>

namespace baton {

/// Who may read a file beside its owner.
struct Readers {
    std::set<uid_t> users;
    std::set<gid_t> groups;

    bool operator==(const Readers&) const = default;
};

/// From now on the owner reads and writes the open file, `readers` read it, and nobody else does. The caller owns it.
/// Returns false with errno set; EOPNOTSUPP on a file system without such lists, where the mode is as it was.
[[nodiscard]] bool set_readers(int fd, const Readers& readers) noexcept;

/// Those whom the list of `path` names as readers; none when it has no list.
[[nodiscard]] Readers named_readers(const std::filesystem::path& path);

} // namespace baton
