// SPDX-License-Identifier: MIT
#include "base/percent.hpp"

#include "base/number.hpp"

namespace baton {
namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"./_-=+:,@"}.find(c) != std::string_view::npos;
}

} // namespace

std::string percent_encode(std::string_view bytes) {
    constexpr std::string_view k_hex = "0123456789ABCDEF";
    if (bytes.empty()) return "%";
    std::string word;
    word.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain(c))
            word += c;
        else
            word.append({'%', k_hex[byte >> 4U], k_hex[byte & 15U]});
    }
    return word;
}

std::optional<std::string> percent_decode(std::string_view word) {
    if (word == "%") return std::string{};
    std::string bytes;
    while (!word.empty()) {
        if (is_plain(word[0])) {
            bytes += word[0];
            word.remove_prefix(1);
            continue;
        }
        if (word[0] != '%' || word.size() < 3) return std::nullopt;
        const auto byte = parse_number<unsigned char>(word.substr(1, 2), 0, 255, 16);
        if (!byte) return std::nullopt;
        bytes += static_cast<char>(*byte);
        word.remove_prefix(3);
    }
    return bytes;
}

} // namespace baton
