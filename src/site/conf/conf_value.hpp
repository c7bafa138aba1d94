// SPDX-License-Identifier: MIT
// One value of watch.conf: its place in the text, and the checks that several keys share. Each refusal names file,
// line, column, key, the found and the expected value.
#pragma once

#include "site/conf/json_members.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace baton::site {

using Seconds = std::chrono::duration<double>;

/// The place of a value.
struct Place {
    std::string_view text;
    std::string_view name; ///< the file's name, for messages
    std::string_view key;
    std::size_t offset;

    [[nodiscard]] Place at(std::size_t other_offset) const { return {text, name, key, other_offset}; }
    /// Throws Error (config).
    [[noreturn]] void refuse(std::string_view found, std::string_view expected) const;
};

/// "the string 'x'", "the number 5", "a list"; long values are cut.
[[nodiscard]] std::string shown_value(const nlohmann::json& value);

/// Not empty, no control characters. Throws Error (config), like all functions below.
[[nodiscard]] std::string text_value(const nlohmann::json& value, const Place& at, std::size_t longest_bytes,
                                     std::string_view expected);
/// From 0 to a day: a longer wait is a typing error.
[[nodiscard]] Seconds seconds_value(const nlohmann::json& value, const Place& at);

/// Whether `text`, which is UTF-8, contains a noncharacter (for example U+FFFE; Unicode 23.7): systemd does not read an
/// environment file with one, utf8_is_valid() of systemd 252.
[[nodiscard]] bool has_noncharacter(std::string_view text) noexcept;
constexpr std::string_view k_noncharacters = "code points that are not characters, such as U+FFFE";

} // namespace baton::site
