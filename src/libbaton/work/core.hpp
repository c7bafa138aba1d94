// SPDX-License-Identifier: MIT
// The state that all threads of one running server share. run() makes it; it outlives every thread.
#pragma once

#include "libbaton/connection/connection_table.hpp"
#include "libbaton/connection/poller.hpp"
#include "libbaton/io/access_log.hpp"
#include "libbaton/io/counters.hpp"
#include "libbaton/io/memory.hpp"
#include "libbaton/request/spool_room.hpp"
#include "libbaton/route/server_state.hpp"

#include <baton/options.hpp>

#include <atomic>
#include <functional>
#include <string>

namespace baton {
class Server;
}

namespace baton::engine {

struct Core {
    Core(Server& the_server, ServerState& the_state, const Options& the_options)
        : server{the_server}, state{the_state}, options{the_options} {}

    Server& server;
    ServerState& state;
    const Options options;
    Counters counters;         ///< of public connections
    Counters private_counters; ///< of connections on the release's own socket
    Activity activity;
    MemoryTrim memory;
    SpoolRoom spool_room;
    ConnectionTable table;
    Poller poller{table};
    AccessLog* access_log = nullptr; ///< nullptr: disabled

    [[nodiscard]] ServingState serving() const noexcept { return state.serving.load(std::memory_order_acquire); }
    [[nodiscard]] bool draining() const noexcept { return is_draining(serving()); }
    [[nodiscard]] Counters& counters_of(const Connection& connection) noexcept {
        return counters_of(connection.audience);
    }
    [[nodiscard]] Counters& counters_of(Audience audience) noexcept {
        return audience == Audience::everyone ? counters : private_counters;
    }
    void set_phase(Connection& connection, Phase phase) noexcept;

    std::function<void()> on_closed = [] {
    }; ///< called when a public connection ends during a drain, or while accepting waits
    std::function<std::string()> describe = [] { return std::string{"{}"}; }; ///< the body of GET /.baton/state
    std::function<std::string()> metrics = [] { return std::string{}; };      ///< the body of GET /.baton/metrics
    std::function<void()> accept = [] {}; ///< POST /.baton/accept: begins to accept, if held
};

} // namespace baton::engine
