// SPDX-License-Identifier: MIT
// Makes the Request for httplib's handlers from the head that was parsed here. Judged fields appear as judged, not as
// the client wrote them.
#pragma once

#include "libbaton/io/peer.hpp"
#include "libbaton/request/request_head.hpp"

#include <httplib.h>

namespace baton::engine {

/// Fills in everything that httplib knows before routing; addresses and body come later. `socket` is for
/// Request::is_connection_closed of newer httplibs. Throws std::bad_alloc.
void fill(httplib::Request& request, const RequestHead& asked, int socket);
void add_addresses(httplib::Request& request, const Peer& peer);
/// Separate from the others: httplib must not see the field before it has decided whether to answer it.
void add_expect(httplib::Request& request, const http::Head& head);

/// Whether there is no body, or one that httplib would not parse.
[[nodiscard]] bool has_plain_body(const http::Head& head) noexcept;

} // namespace baton::engine
