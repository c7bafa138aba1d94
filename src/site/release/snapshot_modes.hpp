// SPDX-License-Identifier: MIT
// The modes of everything in a snapshot, whatever the modes in the upload.
#pragma once

#include <string_view>

#include <sys/stat.h>

namespace baton::site {

constexpr mode_t k_mode_plain = 0644;
constexpr mode_t k_mode_program = 0755; ///< also for directories
constexpr mode_t k_mode_symlink = 0777;

[[nodiscard]] inline mode_t snapshot_mode(mode_t of_upload, std::string_view path, std::string_view bin_name) noexcept {
    return path == bin_name || (of_upload & 0111U) != 0 ? k_mode_program : k_mode_plain;
}

} // namespace baton::site
