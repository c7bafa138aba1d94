// SPDX-License-Identifier: MIT
// The names of the entries of an open directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

/// In byte order, without "." and "..". Stops at one more than `most`: a directory may have more entries than fit in
/// memory. None, with errno set, if the directory cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> names_in(int directory, std::uint64_t most);

} // namespace baton::site
