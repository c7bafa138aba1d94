// SPDX-License-Identifier: MIT
// Who may do what with a file or directory, where its access control list says more than its mode; acl(5). The kernel's
// own form of such a list, so no library.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

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

/// What a list says beside the mode; each permission is S_IROTH | S_IWOTH | S_IXOTH or less, the mask applied.
struct AccessList {
    mode_t owning_group = 0;
    std::map<uid_t, mode_t> users;
    std::map<gid_t, mode_t> groups;
};

/// Owner, group, mode and list of one file or directory. With a list, the group bits of the mode are its mask.
struct Access {
    struct stat status = {};
    std::optional<AccessList> list; ///< none: the mode says all

    /// What the owning group may do, and everybody else, in the same bits.
    [[nodiscard]] mode_t group_permissions() const noexcept;
    [[nodiscard]] mode_t others_permissions() const noexcept { return status.st_mode & S_IRWXO; }
};

/// Of what `fd` has open, O_PATH will do. None, with errno set, when it cannot be found out.
[[nodiscard]] std::optional<Access> access_of(int fd);

/// Of what is called `name` in `directory`, whose status is known.
[[nodiscard]] Access access_of(int directory, const std::string& name, const struct stat& status);

} // namespace baton
