// SPDX-License-Identifier: MIT
// Percent-encoding (RFC 3986, section 2.1) of arbitrary bytes into one word without white space or quoting.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// Everything except letters, digits and ./_-=+:,@ becomes %XX. The empty string becomes "%", so it is a word too.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

/// The inverse; none if `word` does not have that form.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view word);

} // namespace baton
