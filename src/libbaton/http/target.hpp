// SPDX-License-Identifier: MIT
// The request target: its forms, its decoded path, its query; RFC 9112 section 3.2, RFC 3986.
#pragma once

#include "libbaton/http/method.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton::http {

struct Target {
    std::string_view path;  ///< still percent-encoded; "*" for the asterisk form
    std::string_view query; ///< after the first "?", still encoded
    std::string_view host;  ///< from the absolute form; overrides the Host field; otherwise empty
};

/// Splits origin-form, absolute-form (http and https: a proxy may have ended TLS) and asterisk-form (OPTIONS only).
/// Empty: malformed, or authority-form.
[[nodiscard]] std::optional<Target> split_target(Method method, std::string_view target) noexcept;

/// uri-host [ ":" port ], RFC 9110 section 7.2. An empty text is not a host.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// Percent-decodes into `out`, which is overwritten: "%" with two hex digits, and as in httplib "%u" with four for a
/// character. Drops a surrogate, which is not a character. Any other "%" stays as it is.
void percent_decode(std::string_view text, std::string& out);

} // namespace baton::http
