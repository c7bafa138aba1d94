// SPDX-License-Identifier: MIT
// The Range field of a request, RFC 9110 section 14. A field that looks like abuse is ignored, as section 14.2 allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace baton::http {

/// first-last, both inclusive. Without first: the last `last` bytes. Without last: to the end.
struct ByteRange {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;
};

struct Span {
    std::uint64_t offset;
    std::uint64_t length;
};

/// Empty: no byte ranges, malformed, more than eight, or not in ascending order without overlap.
[[nodiscard]] std::vector<ByteRange> parse_range(std::string_view value);

/// The part of a representation of `size` bytes that `range` selects; empty: not satisfiable.
[[nodiscard]] std::optional<Span> resolve(const ByteRange& range, std::uint64_t size) noexcept;

} // namespace baton::http
