// SPDX-License-Identifier: MIT
// What is left of an Accept-Encoding field for cpp-httplib, which looks for "br" and "gzip" anywhere in it: neither
// what the client refuses, nor another coding in whose name one of them is found. RFC 9110 section 12.5.3.
#pragma once

#include <string>
#include <string_view>

namespace baton::http {

[[nodiscard]] std::string accepted_codings(std::string_view value);

} // namespace baton::http
