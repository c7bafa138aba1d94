// SPDX-License-Identifier: MIT
// The file system that a directory is on: its kind, its room, and how it is mounted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace baton::doctor {

struct FileSystem {
    std::uint64_t free_bytes = 0; ///< also for root alone
    std::uint64_t files = 0;      ///< how many it can hold; zero if it has no limit
    std::uint64_t free_files = 0;
    std::string_view network_kind = {}; ///< "NFS", "CIFS", "FUSE", ...; empty: it is local
    bool is_read_only = false;
    bool is_noexec = false;
};

/// Throws Error if the directory cannot be reached.
[[nodiscard]] FileSystem file_system_of(const std::filesystem::path& directory);

} // namespace baton::doctor
