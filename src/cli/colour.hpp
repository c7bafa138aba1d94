// SPDX-License-Identifier: MIT
// Colour for outcomes, and where it may be: only on a terminal whose user has not asked for none.
#pragma once

#include <string>
#include <string_view>

namespace baton::cli {

enum class Colour { none, good, doubtful, bad };

/// Whether colours, and lines that are drawn again, may go to `fd`: it is a terminal, TERM names one that obeys
/// ECMA-48, and NO_COLOR is unset or empty (no-color.org).
[[nodiscard]] bool is_vivid(int fd) noexcept;

/// `text` in that colour.
[[nodiscard]] std::string painted(Colour colour, std::string_view text);

} // namespace baton::cli
