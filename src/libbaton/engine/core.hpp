// SPDX-License-Identifier: MIT
// What all threads of one running server share. Made by run(), outlives every thread.
#pragma once

#include "libbaton/engine/access_log.hpp"
#include "libbaton/engine/connection_table.hpp"
#include "libbaton/engine/counters.hpp"
#include "libbaton/engine/memory.hpp"
#include "libbaton/engine/poller.hpp"
#include "libbaton/engine/spool_room.hpp"

#include <baton/options.hpp>

#include <atomic>
#include <functional>
#include <string>

namespace baton {
class Server;
}

namespace baton::engine {

struct ServerState;

struct Core {
    Core(Server& the_server, ServerState& the_state, const Options& the_options)
        : server{the_server}, state{the_state}, options{the_options} {}

    Server& server;
    ServerState& state;
    const Options options;
    Counters counters;         ///< of the public
    Counters private_counters; ///< of those on the release's own socket
    Activity activity;
    MemoryTrim memory;
    SpoolRoom spool_room;
    ConnectionTable table;
    Poller poller{table};
    AccessLog* access_log = nullptr; ///< nullptr: not wanted
    std::atomic<bool> draining{false};
    std::atomic<bool> cutting{false};  ///< the deadline is over: claimed connections are closed, whatever they are at
    std::atomic<bool> stopping{false}; ///< draining by stop(): who has no request in flight is not waited for
    std::atomic<bool> held{false};     ///< public listeners wait for accept(): another release still has them
    [[nodiscard]] Counters& counters_of(const Connection& connection) noexcept {
        return counters_of(connection.audience);
    }
    [[nodiscard]] Counters& counters_of(Audience audience) noexcept {
        return audience == Audience::everyone ? counters : private_counters;
    }
    std::function<void()> on_closed = [] {}; ///< a public connection has gone while draining, or while accepting waits
    std::function<std::string()> describe = [] { return std::string{"{}"}; }; ///< the body of GET /.baton/state
    std::function<std::string()> metrics = [] { return std::string{}; };      ///< that of GET /.baton/metrics
    std::function<void()> accept = [] {}; ///< POST /.baton/accept: begin to accept, if that is held back
};

} // namespace baton::engine
