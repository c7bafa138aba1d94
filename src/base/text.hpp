// SPDX-License-Identifier: MIT
// Text for people: names made safe to print, near misses, times and durations. No locale.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace baton {

/// 'text' in single quotes with every control character, quote, backslash and invalid UTF-8 byte as \xNN: a hostile
/// file name can neither move the cursor nor forge a line.
[[nodiscard]] std::string quote(std::string_view text);

/// `text` with control characters and invalid UTF-8 bytes as \xNN; for program output that is quoted line by line.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` as one word of a command to type, sh(1), in quotes only if it needs them.
[[nodiscard]] std::string shell_word(std::string_view text);

/// The candidate that `word` most likely misspells (Damerau-Levenshtein distance at most 2, case folded); empty if none
/// is near.
[[nodiscard]] std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// "2026-11-22T13:08:00.123Z": UTC, ISO 8601, milliseconds.
[[nodiscard]] std::string iso8601(std::chrono::system_clock::time_point time);
/// The inverse of iso8601(); throws Error if `text` does not have that form.
[[nodiscard]] std::chrono::system_clock::time_point parse_iso8601(std::string_view text);

/// "38 ms", "2.1 s", "4 min 5 s", "3 h 12 min": about two significant figures.
[[nodiscard]] std::string duration_text(std::chrono::nanoseconds duration);

/// "12.3 MiB"; IEC 80000-13 units.
[[nodiscard]] std::string size_text(unsigned long long bytes);

} // namespace baton
