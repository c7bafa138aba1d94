// SPDX-License-Identifier: MIT
// The members of one JSON object with the line and column of each key and value, which nlohmann/json's tree does not
// keep. From 3.12 on it keeps those of values (JSON_DIAGNOSTIC_POSITIONS); Debian 13 has 3.11.3. Once each supported
// Debian has it, this can shrink to what finds the keys, and a key that is there twice.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baton::site {

struct Member {
    std::string key;
    std::size_t key_offset = 0; ///< bytes from the start of the text to the key's opening quote
    std::size_t value_offset = 0;
    nlohmann::json value;                     ///< an object is empty here, and so are nested lists and objects
    std::vector<std::size_t> element_offsets; ///< the offsets of an array's elements
    std::vector<Member> members;              ///< the members of an object, in the text's order; a key may occur twice
};

struct JsonLimits {
    std::size_t depth;
};

/// "name:line:column": both start at 1; columns are in bytes.
[[nodiscard]] std::string position_text(std::string_view text, std::string_view name, std::size_t offset);

/// Parses `text`, RFC 8259; the top level must be an object. Throws Error (config) for anything else: wrong syntax,
/// invalid UTF-8, a duplicate key, more nesting than `limits.depth`.
[[nodiscard]] std::vector<Member> parse_json_members(std::string_view text, std::string_view name, JsonLimits limits);

} // namespace baton::site
