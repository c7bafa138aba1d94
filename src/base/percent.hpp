// SPDX-License-Identifier: MIT
// Percent-encoding (RFC 3986, section 2.1) of arbitrary bytes into one word without white space or quoting.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// Everything but letters, digits and ./_-=+:,@ becomes %XX. The empty string becomes "%", so that it is a word too.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

/// The inverse; none when `word` is not of that form.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view word);

} // namespace baton
