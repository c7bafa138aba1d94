// SPDX-License-Identifier: MIT
#include "base/acl.hpp"

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <sys/xattr.h>

#include <array>
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
    std::vector<char> value(k_longest_bytes);
    const auto size = ::getxattr(path.c_str(), k_name, value.data(), value.size());
    Readers named;
    int mask = ACL_READ;
    for (auto at = sizeof(Header); size > 0 && at + sizeof(Entry) <= static_cast<std::size_t>(size);
         at += sizeof(Entry)) {
        Entry found{};
        std::memcpy(&found, value.data() + at, sizeof found);
        const int tag = le16toh(found.e_tag);
        const int permissions = le16toh(found.e_perm);
        if (tag == ACL_MASK) mask = permissions;
        if ((permissions & ACL_READ) == 0) continue;
        if (tag == ACL_USER) named.users.insert(le32toh(found.e_id));
        if (tag == ACL_GROUP) named.groups.insert(le32toh(found.e_id));
    }
    return (mask & ACL_READ) != 0 ? named : Readers{};
}

} // namespace baton
