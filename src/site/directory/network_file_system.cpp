// SPDX-License-Identifier: MIT
#include "site/directory/network_file_system.hpp"

#include <algorithm>
#include <array>

namespace baton::site {
namespace {

struct Kind {
    unsigned long type;
    std::string_view name;
};

// statfs(2), linux/magic.h. FUSE may be sshfs or gluster.
constexpr std::array k_kinds{
    Kind{0x6969, "NFS"},      Kind{0xFF534D42, "CIFS"},  Kind{0xFE534D42, "CIFS"}, // SMB 2
    Kind{0x517B, "CIFS"},                                                          // SMB, the old version
    Kind{0x65735546, "FUSE"}, Kind{0x01021997, "9P"},    Kind{0x00C36400, "Ceph"},
    Kind{0x5346414F, "AFS"},  Kind{0x6B414653, "AFS"}, // the kernel's
    Kind{0x01161970, "GFS2"}, Kind{0x7461636F, "OCFS2"},
};

} // namespace

std::string_view network_file_system(long type) noexcept {
    const auto number = static_cast<unsigned long>(type) & 0xFFFFFFFFUL; // signed and 32 bits wide on some machines
    const auto* const found =
        std::find_if(k_kinds.begin(), k_kinds.end(), [&](const Kind& kind) { return kind.type == number; });
    return found == k_kinds.end() ? std::string_view{} : found->name;
}

} // namespace baton::site
