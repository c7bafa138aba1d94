// SPDX-License-Identifier: MIT
// A request as httplib's handlers know it, from the head that was understood here. What has been judged is told as
// judged, and not as the client wrote it.
#pragma once

#include "libbaton/io/peer.hpp"
#include "libbaton/request/request_head.hpp"

#include <httplib.h>

namespace baton::engine {

/// All that httplib knows before it looks for a route; its addresses and its body are not there yet. `socket` is for
/// Request::is_connection_closed of newer httplibs. Throws std::bad_alloc.
void fill(httplib::Request& request, const RequestHead& asked, int socket);
void add_addresses(httplib::Request& request, const Peer& peer);
/// Apart from the others: httplib must not see it before it has looked whether to answer it.
void add_expect(httplib::Request& request, const http::Head& head);

/// None, or one that httplib would not look into.
[[nodiscard]] bool has_plain_body(const http::Head& head) noexcept;

} // namespace baton::engine
