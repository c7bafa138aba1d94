// SPDX-License-Identifier: MIT
// What a Server keeps between the calls that set it up and the run: routes, hooks, callbacks.
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

/// How many servers there are in this process.
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
    /// The program's own hooks; in their places in httplib::Server are ours while it runs.
    httplib::Server::HandlerWithResponse pre_routing;
    httplib::Server::HandlerWithResponse pre_request; ///< after the route is found, before the body; newer httplibs
    httplib::Server::Handler post_routing;
    httplib::Server::Handler file_request;
    httplib::Server::ExceptionHandler exception;
    httplib::Server::Expect100ContinueHandler expect;
    httplib::Logger logger;
    httplib::Headers default_headers;
    httplib::Server::HandlerWithResponse error;
    bool serves_files = false; ///< httplib looks for a file before it looks for a route

    std::function<httplib::TaskQueue*()> task_queue; ///< the program's own; empty: it has set none
    std::vector<Listener> bound;                     ///< by bind_to_port(), for listen_after_bind()

    std::vector<std::function<void()>> drain_callbacks;
    std::vector<std::function<void()>> reload_callbacks;
    std::atomic<ServingState> serving{ServingState::held}; ///< of this run, or the last one
    std::atomic<bool> drain_asked{false};
    std::atomic<bool> in_run{false};
    std::atomic<bool> stop_asked{false};
    Wakeup wakeup; ///< of the thread in run(); here, because drain() may be called before it and after it
};

} // namespace baton::engine
