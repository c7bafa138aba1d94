// SPDX-License-Identifier: MIT
#include "libbaton/http/target.hpp"

#include "libbaton/http/characters.hpp"

#include <charconv>

namespace baton::http {
namespace {

constexpr std::string_view k_scheme = "http://";

/// The absolute form without its scheme and authority; the authority goes to `host`.
std::optional<std::string_view> after_authority(std::string_view target, std::string_view& host) noexcept {
    target.remove_prefix(k_scheme.size());
    const auto end = target.find_first_of("/?");
    host = target.substr(0, end);
    if (host.empty() || host.find('@') != std::string_view::npos) return {};
    return end == std::string_view::npos ? std::string_view{} : target.substr(end);
}

} // namespace

std::optional<Target> split_target(std::string_view method, std::string_view target) noexcept {
    Target parts;
    if (target == "*") {
        if (method != "OPTIONS") return {};
        parts.path = target;
        return parts;
    }
    if (same_word(target.substr(0, k_scheme.size()), k_scheme)) {
        const auto rest = after_authority(target, parts.host);
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

void percent_decode(std::string_view text, Plus plus, std::string& out) {
    out.clear();
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        if (text[i] == '%' && text.size() - i > 2) {
            const char* const digits = text.data() + i + 1;
            const auto [stop, error] = std::from_chars(digits, digits + 2, byte, 16);
            if (error == std::errc{} && stop == digits + 2) {
                out.push_back(static_cast<char>(byte));
                i += 2;
                continue;
            }
        }
        out.push_back(text[i] == '+' && plus == Plus::is_space ? ' ' : text[i]);
    }
}

} // namespace baton::http
