// SPDX-License-Identifier: MIT
// Character classes and case folding of HTTP, RFC 9110 section 5.6. ASCII only, no locale.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace baton::http {

namespace detail {
constexpr std::array<bool, 256> token_table() {
    std::array<bool, 256> table{};
    for (unsigned c = 0; c < 256; ++c) {
        table[c] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                   std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) != std::string_view::npos;
    }
    return table;
}
inline constexpr auto k_token = token_table();
} // namespace detail

/// A character of a method or of a field's name.
constexpr bool is_token_char(char c) noexcept {
    return detail::k_token[static_cast<unsigned char>(c)];
}
/// A character of a field's value: no control character except tab; bytes from 0x80 on are allowed.
constexpr bool is_value_char(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || u == '\t';
}
/// A character of a request target: visible ASCII, and bytes that a client should have percent-encoded. Those are
/// accepted because no two parsers read them differently.
constexpr bool is_target_char(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u != 0x7f;
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool same_word(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

constexpr std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

template <bool (*is_member)(char) noexcept>
constexpr bool all_of(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_member(c); });
}

/// Calls visit(element) for each non-empty element of a comma-separated list; RFC 9110 section 5.6.1.
template <class Visit>
constexpr void for_each_element(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto element = trim_blanks(list.substr(0, comma));
        if (!element.empty()) visit(element);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

} // namespace baton::http
