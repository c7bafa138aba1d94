// SPDX-License-Identifier: MIT
// What an open directory holds, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

/// In byte order, without "." and "..". It ends at one more than `most`: a directory may have more entries than there
/// is memory. None, with errno set, when the directory cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> names_in(int directory, std::uint64_t most);

} // namespace baton::site
