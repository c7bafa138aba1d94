// SPDX-License-Identifier: MIT
// What a request's header fields say about the connection and the body: Host, Content-Length, Transfer-Encoding,
// Connection, Expect. The place where request smuggling is refused; RFC 9112 sections 3.2, 6, 9.3 and 11.2.
#pragma once

#include "libbaton/http/head.hpp"

namespace baton::http {

/// Fills in what Head says about framing; refuses what two parsers could read in two ways.
[[nodiscard]] HeadResult interpret_fields(Head& head);

} // namespace baton::http
