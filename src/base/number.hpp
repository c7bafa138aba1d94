// SPDX-License-Identifier: MIT
// Parses a whole text as a number.
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace baton {

/// `text` as a number from `least` to `most`, in digits of `base`, with an optional '-' if the type is signed. Nothing
/// if `text` is anything else.
template <typename Number>
[[nodiscard]] constexpr std::optional<Number>
parse_number(std::string_view text, Number least = std::numeric_limits<Number>::min(),
             Number most = std::numeric_limits<Number>::max(), int base = 10) noexcept {
    Number number{};
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (text.empty() || error != std::errc{} || stop != end || number < least || number > most) return std::nullopt;
    return number;
}

} // namespace baton
