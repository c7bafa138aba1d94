// SPDX-License-Identifier: MIT
#include "doctor/file_system.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/directory/network_file_system.hpp"

#include <fmt/format.h>

#include <sys/statfs.h>
#include <sys/statvfs.h>

namespace baton::doctor {
FileSystem file_system_of(const std::filesystem::path& directory) {
    struct statvfs room = {};
    struct statfs kind = {};
    if (::statvfs(directory.c_str(), &room) != 0 || ::statfs(directory.c_str(), &kind) != 0)
        throw errno_error(fmt::format("looking at the file system of {}", quote(directory.native())));
    return {.free_bytes = std::uint64_t{room.f_bfree} * room.f_frsize,
            .files = room.f_files,
            .free_files = room.f_ffree,
            .network_kind = site::network_file_system(static_cast<long>(kind.f_type)),
            .is_read_only = (room.f_flag & ST_RDONLY) != 0,
            .is_noexec = (room.f_flag & ST_NOEXEC) != 0};
}

} // namespace baton::doctor
