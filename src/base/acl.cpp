// SPDX-License-Identifier: MIT
#include "base/acl.hpp"

#include <fmt/format.h>

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>
#include <endian.h>
#include <vector>

namespace baton {
namespace {

using Header = posix_acl_xattr_header;
using Entry = posix_acl_xattr_entry;

constexpr const char* k_name = XATTR_NAME_POSIX_ACL_ACCESS;
constexpr std::size_t k_longest_bytes = 64UL * 1024; // XATTR_SIZE_MAX

Entry entry(int tag, int permissions, std::uint32_t id = static_cast<std::uint32_t>(ACL_UNDEFINED_ID)) {
    return {htole16(static_cast<std::uint16_t>(tag)), htole16(static_cast<std::uint16_t>(permissions)), htole32(id)};
}

std::filesystem::path path_of(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

/// None if the file has no list, or the file system keeps none.
std::optional<AccessList> read_list(const std::filesystem::path& path) {
    if (::getxattr(path.c_str(), k_name, nullptr, 0) <= 0) return std::nullopt; // most files have none
    std::vector<char> value(k_longest_bytes);
    const auto size = ::getxattr(path.c_str(), k_name, value.data(), value.size());
    if (size < static_cast<ssize_t>(sizeof(Header))) return std::nullopt;
    AccessList list;
    mode_t mask = S_IRWXO;
    for (auto at = sizeof(Header); at + sizeof(Entry) <= static_cast<std::size_t>(size); at += sizeof(Entry)) {
        Entry found{};
        std::memcpy(&found, value.data() + at, sizeof found);
        const mode_t permissions = le16toh(found.e_perm); // ACL_READ is S_IROTH, and so on
        switch (le16toh(found.e_tag)) {
        case ACL_MASK:
            mask = permissions;
            break;
        case ACL_GROUP_OBJ:
            list.owning_group = permissions;
            break;
        case ACL_USER:
            list.users[le32toh(found.e_id)] = permissions;
            break;
        case ACL_GROUP:
            list.groups[le32toh(found.e_id)] = permissions;
            break;
        default: // the mode has these too
            break;
        }
    }
    list.owning_group &= mask;
    for (auto& [user, permissions] : list.users)
        permissions &= mask;
    for (auto& [group, permissions] : list.groups)
        permissions &= mask;
    return list;
}

} // namespace

bool set_readers(int fd, const Readers& readers) noexcept try {
    std::vector<Entry> entries{entry(ACL_USER_OBJ, ACL_READ | ACL_WRITE)};
    for (const auto user : readers.users)
        entries.push_back(entry(ACL_USER, ACL_READ, user));
    entries.push_back(entry(ACL_GROUP_OBJ, 0));
    for (const auto group : readers.groups)
        entries.push_back(entry(ACL_GROUP, ACL_READ, group));
    entries.push_back(entry(ACL_MASK, ACL_READ));
    entries.push_back(entry(ACL_OTHER, 0));
    const Header header{htole32(POSIX_ACL_XATTR_VERSION)};
    std::vector<char> value(sizeof header + entries.size() * sizeof(Entry));
    std::memcpy(value.data(), &header, sizeof header);
    std::memcpy(value.data() + sizeof header, entries.data(), entries.size() * sizeof(Entry));
    return ::fsetxattr(fd, k_name, value.data(), value.size(), 0) == 0;
} catch (...) {
    errno = ENOMEM;
    return false;
}

Readers named_readers(const std::filesystem::path& path) {
    Readers named;
    const auto list = read_list(path);
    if (!list) return named;
    for (const auto& [user, permissions] : list->users)
        if ((permissions & S_IROTH) != 0) named.users.insert(user);
    for (const auto& [group, permissions] : list->groups)
        if ((permissions & S_IROTH) != 0) named.groups.insert(group);
    return named;
}

mode_t Access::group_permissions() const noexcept {
    return list ? list->owning_group : (status.st_mode & S_IRWXG) >> 3U;
}

std::optional<Access> access_of(int fd) {
    Access access;
    if (::fstat(fd, &access.status) < 0) return std::nullopt;
    access.list = read_list(path_of(fd)); // fgetxattr(2) does not accept an O_PATH descriptor
    return access;
}

Access access_of(int directory, const std::string& name, const struct stat& status) {
    return {status, S_ISLNK(status.st_mode) ? std::nullopt : read_list(path_of(directory) / name)};
}

} // namespace baton
