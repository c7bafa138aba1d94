// SPDX-License-Identifier: MIT
// The state of a Server between its set-up calls and the run: routes, hooks, callbacks.
#pragma once

#include "libbaton/io/listener.hpp"
#include "libbaton/io/wakeup.hpp"
#include "libbaton/route/route_table.hpp"
#include "libbaton/route/serving_state.hpp"

#include <httplib.h>

#include <atomic>
#include <functional>
#include <vector>

namespace baton::engine {

/// The number of servers in this process.
class Counted {
  public:
    Counted() noexcept { ++alive; }
    ~Counted() { --alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    static inline std::atomic<int> alive{0};
};

struct ServerState {
    Counted counted;
    RouteTable routes;
    /// The program's own hooks; during a run, ours take their places in httplib::Server.
    httplib::Server::HandlerWithResponse pre_routing;
    httplib::Server::HandlerWithResponse
        pre_request; ///< after the route is found, before the body; only in newer httplibs
    httplib::Server::Handler post_routing;
    httplib::Server::Handler file_request;
    httplib::Server::ExceptionHandler exception;
    httplib::Server::Expect100ContinueHandler expect;
    httplib::Logger logger;
    httplib::Headers default_headers;
    httplib::Server::HandlerWithResponse error;
    bool serves_files = false; ///< httplib looks for a file before a route

    std::function<httplib::TaskQueue*()> task_queue; ///< the program's own; empty: not set
    std::vector<Listener> bound;                     ///< bound by bind_to_port(), for listen_after_bind()

    std::vector<std::function<void()>> drain_callbacks;
    std::vector<std::function<void()>> reload_callbacks;
    std::atomic<ServingState> serving{ServingState::held}; ///< the state of this run, or of the last one
    std::atomic<bool> drain_asked{false};
    std::atomic<bool> in_run{false};
    std::atomic<bool> stop_asked{false};
    Wakeup wakeup; ///< wakes the thread in run(); it is here because drain() may be called before and after run()
};

} // namespace baton::engine
