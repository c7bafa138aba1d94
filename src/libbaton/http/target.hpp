// SPDX-License-Identifier: MIT
// The request target: its forms, its path decoded, its query; RFC 9112 section 3.2, RFC 3986.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::http {

struct Target {
    std::string_view path;  ///< still percent-encoded; "*" for the asterisk form
    std::string_view query; ///< after the first "?", still encoded
    std::string_view host;  ///< of the absolute form: it goes before the Host field; else empty
};

/// Splits origin-form, absolute-form (http only) and asterisk-form (OPTIONS only). Empty: malformed, or authority-form.
[[nodiscard]] std::optional<Target> split_target(std::string_view method, std::string_view target) noexcept;

enum class Plus { stays, is_space };

/// Percent-decoding into `out`, which is overwritten. An escape that is not "%" and two hex digits stays as it is.
void percent_decode(std::string_view text, Plus plus, std::string& out);

/// Calls visit(key, value) for each pair of an application/x-www-form-urlencoded query, decoded.
template <class Visit>
void for_each_parameter(std::string_view query, Visit visit) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        const auto equals = pair.find('=');
        if (equals != 0 && !pair.empty()) {
            std::string key;
            std::string value;
            percent_decode(pair.substr(0, equals), Plus::is_space, key);
            if (equals != std::string_view::npos) percent_decode(pair.substr(equals + 1), Plus::is_space, value);
            visit(std::move(key), std::move(value));
        }
        if (end == std::string_view::npos) return;
        query.remove_prefix(end + 1);
    }
}

} // namespace baton::http
