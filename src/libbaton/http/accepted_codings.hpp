// SPDX-License-Identifier: MIT
// Filters an Accept-Encoding field for cpp-httplib, which looks for "br" and "gzip" anywhere in it: removes codings
// that the client refuses, and other codings whose names contain one of these. RFC 9110 section 12.5.3.
#pragma once

#include <string>
#include <string_view>

namespace baton::http {

[[nodiscard]] std::string accepted_codings(std::string_view value);

} // namespace baton::http
