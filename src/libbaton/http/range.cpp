// SPDX-License-Identifier: MIT
#include "libbaton/http/range.hpp"

#include "libbaton/http/characters.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace baton::http {
namespace {

constexpr std::size_t k_max_ranges = 8;

struct Position {
    bool valid;
    std::optional<std::uint64_t> value;
};

/// A number that does not fit is larger than any representation, but still a number: RFC 9110 section 14.1.2.
Position parse_position(std::string_view text) {
    if (text.empty()) return {true, {}};
    constexpr auto k_most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t value = 0;
    const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (error == std::errc::result_out_of_range) value = k_most;
    return {all_of<is_digit>(text), std::min(value, k_most)};
}

bool well_formed(const ByteRange& range) {
    if (!range.first) return range.last.has_value();
    return !range.last || *range.first <= *range.last;
}

/// Whether the ranges are ascending and disjoint; "to the end" and "the last n" may only be alone or last.
bool in_order(const std::vector<ByteRange>& ranges) {
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        const auto& before = ranges[i - 1];
        if (!before.first || !before.last) return false;
        if (ranges[i].first && *ranges[i].first <= *before.last) return false;
    }
    return true;
}

} // namespace

std::vector<ByteRange> parse_range(std::string_view value) {
    constexpr std::string_view k_unit = "bytes=";
    if (!same_word(value.substr(0, k_unit.size()), k_unit)) return {};
    std::vector<ByteRange> ranges;
    bool valid = true;
    for_each_element(value.substr(k_unit.size()), [&](std::string_view element) {
        if (!valid || ranges.size() > k_max_ranges) return;
        const auto dash = element.find('-');
        const auto first = parse_position(element.substr(0, dash));
        const auto last =
            parse_position(dash == std::string_view::npos ? std::string_view{"x"} : element.substr(dash + 1));
        ranges.push_back({first.value, last.value});
        valid = first.valid && last.valid && well_formed(ranges.back());
    });
    if (!valid || ranges.size() > k_max_ranges || !in_order(ranges)) return {};
    return ranges;
}

std::optional<Span> resolve(const ByteRange& range, std::uint64_t size) noexcept {
    if (size == 0) return {};
    if (!range.first) {
        const auto length = std::min(range.last.value_or(0), size);
        if (length == 0) return {};
        return Span{size - length, length};
    }
    if (*range.first >= size) return {};
    const auto last = std::min(range.last.value_or(size - 1), size - 1);
    return Span{*range.first, last - *range.first + 1};
}

} // namespace baton::http
