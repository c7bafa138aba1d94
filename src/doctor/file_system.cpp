// SPDX-License-Identifier: MIT
#include "doctor/file_system.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <array>
#include <utility>

namespace baton::doctor {
namespace {

/// Those on which others can write unseen: no inotify event, no lease. Numbers that linux/magic.h lacks: statfs(2).
std::string_view network_kind(std::uint32_t magic) {
    constexpr std::array<std::pair<std::uint32_t, std::string_view>, 9> k_kinds{{{NFS_SUPER_MAGIC, "NFS"},
                                                                                 {0xFF534D42, "CIFS"},
                                                                                 {0xFE534D42, "CIFS"},
                                                                                 {0x65735546, "FUSE"},
                                                                                 {V9FS_MAGIC, "9P"},
                                                                                 {AFS_FS_MAGIC, "AFS"},
                                                                                 {0x00C36400, "Ceph"},
                                                                                 {0x01161970, "GFS2"},
                                                                                 {OCFS2_SUPER_MAGIC, "OCFS2"}}};
    for (const auto& [number, name] : k_kinds)
        if (number == magic) return name;
    return {};
}

} // namespace

FileSystem file_system_of(const std::filesystem::path& directory) {
    struct statvfs room = {};
    struct statfs kind = {};
    if (::statvfs(directory.c_str(), &room) != 0 || ::statfs(directory.c_str(), &kind) != 0)
        throw errno_error(fmt::format("looking at the file system of {}", quote(directory.native())));
    return {.free_bytes = std::uint64_t{room.f_bfree} * room.f_frsize,
            .files = room.f_files,
            .free_files = room.f_ffree,
            .network_kind = network_kind(static_cast<std::uint32_t>(kind.f_type)),
            .is_read_only = (room.f_flag & ST_RDONLY) != 0,
            .is_noexec = (room.f_flag & ST_NOEXEC) != 0};
}

} // namespace baton::doctor
