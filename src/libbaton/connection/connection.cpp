// SPDX-License-Identifier: MIT
#include "libbaton/connection/connection.hpp"

#include "libbaton/reply/reply_stream.hpp"
#include "libbaton/request/prelude.hpp"
#include "libbaton/request/request_head.hpp"
#include "libbaton/request/spool.hpp"

namespace baton::engine {

ConnectionState::ConnectionState() = default;
ConnectionState::ConnectionState(ConnectionState&&) noexcept = default;
ConnectionState& ConnectionState::operator=(ConnectionState&&) noexcept = default;
ConnectionState::~ConnectionState() = default;

const Peer& peer_of(Connection& connection) {
    if (!connection.peer) connection.peer = std::make_unique<Peer>(find_peer(connection.socket.get()));
    return *connection.peer;
}

} // namespace baton::engine
