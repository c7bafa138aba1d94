// SPDX-License-Identifier: MIT
// The request target: its forms, its path decoded, its query; RFC 9112 section 3.2, RFC 3986.
#pragma once

#include "libbaton/http/method.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::http {

struct Target {
    std::string_view path;  ///< still percent-encoded; "*" for the asterisk form
    std::string_view query; ///< after the first "?", still encoded
    std::string_view host;  ///< of the absolute form: it goes before the Host field; else empty
};

/// Splits origin-form, absolute-form (http and https: a proxy may have ended TLS) and asterisk-form (OPTIONS only).
/// Empty: malformed, or authority-form.
[[nodiscard]] std::optional<Target> split_target(Method method, std::string_view target) noexcept;

/// uri-host [ ":" port ], RFC 9110 section 7.2. What is empty is not one.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// Percent-decoding into `out`, which is overwritten: "%" and two hex digits, and as httplib has it "%u" and four, a
/// character; a surrogate is none, and falls out. Any other "%" stays as it is.
void percent_decode(std::string_view text, std::string& out);

} // namespace baton::http
