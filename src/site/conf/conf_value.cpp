// SPDX-License-Identifier: MIT
#include "site/conf/conf_value.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace baton::site {
namespace {

constexpr double k_longest_second = 86400;

} // namespace

void Place::refuse(std::string_view found, std::string_view expected) const {
    throw Error{
        fmt::format("reading {}: {}: found {}, expected {}", position_text(text, name, offset), key, found, expected),
        error_kind::config};
}

std::string shown_value(const nlohmann::json& value) {
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    constexpr std::size_t k_shown_bytes = 60;
    auto text = value.is_string() ? quote(value.get_ref<const std::string&>()) : value.dump();
    if (text.size() > k_shown_bytes) {
        auto cut = k_shown_bytes;
        while ((static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
            --cut; // not within a character
        text = text.substr(0, cut) + "...";
    }
    return (value.is_string() ? "the string " : value.is_number() ? "the number " : "") + text;
}

bool has_noncharacter(std::string_view text) noexcept {
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
        const bool ends_in_fe_or_ff = (byte(i + 2) & 0xFEU) == 0xBEU && byte(i + 1) == 0xBFU;
        if (byte(i) == 0xEFU && ends_in_fe_or_ff) return true; // U+FFFE, U+FFFF
        if (byte(i) == 0xEFU && byte(i + 1) == 0xB7U && byte(i + 2) >= 0x90U && byte(i + 2) <= 0xAFU) return true;
        const bool of_a_plane = i > 0 && byte(i - 1) >= 0xF0U && (byte(i) & 0x0FU) == 0x0FU; // U+1FFFE ... U+10FFFF
        if (of_a_plane && ends_in_fe_or_ff) return true;
    }
    return false;
}

std::string text_value(const nlohmann::json& value, const Place& at, std::size_t longest_bytes,
                       std::string_view expected) {
    if (!value.is_string()) at.refuse(shown_value(value), expected);
    auto text = value.get<std::string>();
    if (text.empty()) at.refuse("an empty string", expected);
    if (text.size() > longest_bytes)
        at.refuse(fmt::format("{} bytes", text.size()), fmt::format("{} of at most {} bytes", expected, longest_bytes));
    if (has_noncharacter(text)) at.refuse(shown_value(value), fmt::format("{} without {}", expected, k_noncharacters));
    if (printable(text) != text) at.refuse(shown_value(value), fmt::format("{} without control characters", expected));
    return text;
}

Seconds seconds_value(const nlohmann::json& value, const Place& at) {
    const auto expected = fmt::format("a number of seconds from 0 to {:.0f}", k_longest_second);
    if (!value.is_number()) at.refuse(shown_value(value), expected);
    const double number = value.get<double>();
    if (!std::isfinite(number) || number < 0 || number > k_longest_second) at.refuse(shown_value(value), expected);
    return Seconds{number};
}

} // namespace baton::site
