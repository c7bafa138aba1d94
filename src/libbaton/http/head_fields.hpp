// SPDX-License-Identifier: MIT
// The header fields about the connection and the body: Host, Content-Length, Transfer-Encoding, Connection, Expect.
// Request smuggling is refused here; RFC 9112 sections 3.2, 6, 9.3 and 11.2.
#pragma once

#include "libbaton/http/head.hpp"

namespace baton::http {

/// Fills in the framing in Head; refuses anything that two parsers could read in two ways.
[[nodiscard]] HeadResult interpret_fields(Head& head);

} // namespace baton::http
