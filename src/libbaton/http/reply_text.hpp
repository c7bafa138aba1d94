// SPDX-License-Identifier: MIT
// Reply text with fixed rules: reason phrases, the Date field, and whole replies made here.
#pragma once

#include <string>
#include <string_view>

namespace baton::http {

/// The reason phrase of `status`, RFC 9110 section 15; "Unknown" for an unknown status.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// The current time as an IMF-fixdate (29 characters), RFC 9110 section 5.6.7. Made once per second and thread. The
/// view is valid until the next call on the same thread.
[[nodiscard]] std::string_view date_now() noexcept;

/// Whether `status` ends a request and can be written: RFC 9110 section 15. After an interim one, the client would
/// wait.
constexpr bool is_final_status(int status) noexcept {
    return status >= 200 && status <= 999;
}
/// Whether a reply with this status ends with its head, whatever the fields say: RFC 9112 section 6.3.
constexpr bool has_no_body(int status) noexcept {
    return status == 204 || status == 304;
}

struct OwnReply {
    int status = 200;
    std::string_view content_type = "text/plain";
    std::string_view body = {};
    bool close = false;     ///< adds Connection: close
    bool head_only = false; ///< the request was HEAD
};

/// A whole reply that no handler made.
[[nodiscard]] std::string format(const OwnReply& reply);

} // namespace baton::http
