// SPDX-License-Identifier: MIT
// Numbers in files of /proc.
#pragma once

#include <cstdint>
#include <filesystem>

namespace baton::doctor {

/// The number that is the whole content of `file`, as of those below /proc/sys. Throws Error if it cannot be read.
[[nodiscard]] std::uint64_t number_in(const std::filesystem::path& file);

} // namespace baton::doctor
