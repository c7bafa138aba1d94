// SPDX-License-Identifier: MIT
// Who may do what with a file or directory whose access control list says more than its mode; acl(5). Reads the
// kernel's own format, so it needs no library.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace baton {

/// Who may read a file in addition to its owner.
struct Readers {
    std::set<uid_t> users;
    std::set<gid_t> groups;

    bool operator==(const Readers&) const = default;
};

/// Lets the owner read and write the open file, `readers` read it, and nobody else. The caller owns the file. Returns
/// false with errno set; EOPNOTSUPP on a file system without access control lists, where the mode is unchanged.
[[nodiscard]] bool set_readers(int fd, const Readers& readers) noexcept;

/// The readers named in the list of `path`; none if it has no list.
[[nodiscard]] Readers named_readers(const std::filesystem::path& path);

/// The entries of a list that go beyond the mode; each permission is a subset of S_IROTH | S_IWOTH | S_IXOTH, mask
/// applied.
struct AccessList {
    mode_t owning_group = 0;
    std::map<uid_t, mode_t> users;
    std::map<gid_t, mode_t> groups;
};

/// Owner, group, mode and list of one file or directory. With a list, the group bits of the mode are its mask.
struct Access {
    struct stat status = {};
    std::optional<AccessList> list; ///< none: the mode is complete

    /// The permissions of the owning group and of everybody else, in the same bits.
    [[nodiscard]] mode_t group_permissions() const noexcept;
    [[nodiscard]] mode_t others_permissions() const noexcept { return status.st_mode & S_IRWXO; }
};

/// The access of the open file `fd`, which may be O_PATH. None, with errno set, if it cannot be read.
[[nodiscard]] std::optional<Access> access_of(int fd);

/// The access of `name` in `directory`, whose status is known.
[[nodiscard]] Access access_of(int directory, const std::string& name, const struct stat& status);

} // namespace baton
