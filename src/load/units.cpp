// SPDX-License-Identifier: MIT
// Reads and writes times and sizes.
#include "load/units.hpp"

#include "base/number.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace baton::load {

std::optional<double> parse_decimal(std::string_view text) {
    double number = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc{} || rest != end || !std::isfinite(number) || number < 0) return std::nullopt;
    return number;
}

std::optional<std::size_t> parse_count(std::string_view text) {
    return parse_number<std::size_t>(text);
}

std::optional<Duration> parse_duration(std::string_view text, Duration bare_unit) {
    using namespace std::chrono_literals;
    static constexpr std::array<std::pair<std::string_view, Duration>, 5> k_units{
        {{"us", 1us}, {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}}}; // "s" comes after the units that end in it
    constexpr double k_most = 200.0 * 365 * 24 * 3600 * 1e9;            // ns; Duration holds 292 years
    auto unit = bare_unit;
    for (const auto& [suffix, length] : k_units) {
        if (!text.ends_with(suffix)) continue;
        text.remove_suffix(suffix.size());
        unit = length;
        break;
    }
    const auto number = parse_decimal(text);
    if (!number) return std::nullopt;
    const double nanoseconds = *number * static_cast<double>(unit.count());
    if (nanoseconds > k_most) return std::nullopt;
    return Duration{std::llround(nanoseconds)};
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
    constexpr std::string_view k_suffixes = "KMG";
    unsigned shift = 0;
    if (!text.empty()) {
        const auto place = k_suffixes.find(text.back());
        if (place != std::string_view::npos) {
            shift = 10 * (static_cast<unsigned>(place) + 1);
            text.remove_suffix(1);
        }
    }
    const auto number = parse_count(text);
    if (!number || *number > std::numeric_limits<std::size_t>::max() >> shift) return std::nullopt;
    return *number << shift;
}

double to_ms(Duration duration) noexcept {
    return std::chrono::duration<double, std::milli>{duration}.count();
}

std::string to_text(Duration duration) {
    const double ms = to_ms(duration);
    if (ms < 1) return fmt::format("{:.0f} us", ms * 1000);
    if (ms < 100) return fmt::format("{:.2f} ms", ms);
    if (ms < 1000) return fmt::format("{:.1f} ms", ms);
    return fmt::format("{:.3f} s", ms / 1000);
}

} // namespace baton::load
