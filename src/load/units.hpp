// SPDX-License-Identifier: MIT
// Times and sizes as people type them.
#pragma once

#include "load/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baton::load {

/// "250us", "500ms", "1.5s", "2m", "1h"; a bare number is in `bare_unit`. Nothing for any other text, a negative time,
/// or more than 200 years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text, Duration bare_unit);
/// "4096", "64K", "1M", "1G" (powers of 1024). Nothing for any other text, or if the value does not fit.
[[nodiscard]] std::optional<std::size_t> parse_bytes(std::string_view text);
/// A whole number in decimal digits.
[[nodiscard]] std::optional<std::size_t> parse_count(std::string_view text);
/// A positive or zero decimal number, "0.5".
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

/// In milliseconds, as a double: 12.345.
[[nodiscard]] double to_ms(Duration duration) noexcept;
/// With up to four significant digits and a suitable unit: "812 us", "12.35 ms", "3.200 s".
[[nodiscard]] std::string to_text(Duration duration);

} // namespace baton::load
