// SPDX-License-Identifier: MIT
#include "libbaton/http/target.hpp"

#include "libbaton/http/characters.hpp"

#include <charconv>

namespace baton::http {
namespace {

/// The length of the scheme of an absolute form; 0: not an absolute form.
std::size_t scheme_size(std::string_view target) noexcept {
    for (const std::string_view scheme : {"http://", "https://"})
        if (same_word(target.substr(0, scheme.size()), scheme)) return scheme.size();
    return 0;
}

bool is_port(std::string_view text) noexcept {
    unsigned port = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), port);
    return text.empty() || (all_of<is_digit>(text) && result.ec == std::errc{} && port <= 65535);
}

constexpr bool is_hex(char c) noexcept {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}
constexpr bool is_literal_char(char c) noexcept {
    return is_hex(c) || c == ':' || c == '.';
}

/// The value of the first `digits` characters; empty if they are too few or not all hex digits.
std::optional<unsigned> hex_number(std::string_view text, std::size_t digits) noexcept {
    unsigned number = 0;
    if (text.size() < digits || !all_of<is_hex>(text.substr(0, digits))) return {};
    (void)std::from_chars(text.data(), text.data() + digits, number, 16);
    return number;
}

/// A character of the basic multilingual plane; a surrogate is not a character.
void append_utf8(unsigned code, std::string& out) {
    const auto push = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code >= 0xd800 && code < 0xe000) return;
    if (code < 0x80) return push(code);
    if (code < 0x800) {
        push(0xc0U | (code >> 6U));
    } else {
        push(0xe0U | (code >> 12U));
        push(0x80U | ((code >> 6U) & 0x3fU));
    }
    push(0x80U | (code & 0x3fU));
}

/// RFC 3986 section 3.2.2.
bool is_name(std::string_view text) noexcept {
    constexpr std::string_view k_more = "-._~!$&'()*+,;=";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = lower(text[i]);
        if (is_digit(letter) || (letter >= 'a' && letter <= 'z') || k_more.find(letter) != std::string_view::npos)
            continue;
        if (letter != '%' || text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
        i += 2;
    }
    return !text.empty();
}

/// The absolute form without scheme and authority; stores the authority in `host`.
std::optional<std::string_view> after_authority(std::string_view target, std::size_t scheme,
                                                std::string_view& host) noexcept {
    target.remove_prefix(scheme);
    const auto end = target.find_first_of("/?");
    host = target.substr(0, end);
    if (!is_host(host)) return {};
    return end == std::string_view::npos ? std::string_view{} : target.substr(end);
}

} // namespace

bool is_host(std::string_view text) noexcept {
    if (text.substr(0, 1) != "[") {
        const auto colon = text.find(':');
        return is_name(text.substr(0, colon)) && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
    }
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3 || !all_of<is_literal_char>(text.substr(1, end - 1))) return false;
    const auto rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

std::optional<Target> split_target(Method method, std::string_view target) noexcept {
    Target parts;
    if (target == "*") {
        if (method != Method::options) return {};
        parts.path = target;
        return parts;
    }
    if (const auto scheme = scheme_size(target); scheme != 0) {
        const auto rest = after_authority(target, scheme, parts.host);
        if (!rest) return {};
        target = *rest;
    } else if (target.empty() || target.front() != '/') {
        return {};
    }
    if (target.find('#') != std::string_view::npos) return {};
    const auto question = target.find('?');
    parts.path = target.substr(0, question);
    if (parts.path.empty()) parts.path = "/";
    if (question != std::string_view::npos) parts.query = target.substr(question + 1);
    return parts;
}

void percent_decode(std::string_view text, std::string& out) {
    out.clear();
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto rest = text.substr(i);
        if (rest.front() != '%') {
            out.push_back(rest.front());
        } else if (const auto byte = hex_number(rest.substr(1), 2)) {
            out.push_back(static_cast<char>(*byte));
            i += 2;
        } else if (const auto code = rest.substr(1, 1) == "u" ? hex_number(rest.substr(2), 4) : std::nullopt) {
            append_utf8(*code, out);
            i += 5;
        } else {
            out.push_back('%');
        }
    }
}

} // namespace baton::http
