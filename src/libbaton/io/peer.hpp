// SPDX-License-Identifier: MIT
// The addresses of the two ends of a socket.
#pragma once

#include <string>

namespace baton::engine {

/// Both ends as text, for Request::remote_addr and the like.
struct Peer {
    std::string remote_address;
    std::string local_address;
    int remote_port = 0;
    int local_port = 0;
};

/// Throws std::bad_alloc.
[[nodiscard]] Peer find_peer(int socket);

} // namespace baton::engine
