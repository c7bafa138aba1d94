// SPDX-License-Identifier: MIT
// What a Server keeps between the calls that set it up and the run: hooks, callbacks, and the core while it runs.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <vector>

namespace baton::engine {

struct ServerState {
    httplib::Server::Handler post_routing;
    bool exception_handler_set = false;
    bool expect_handler_set = false;
    std::vector<std::function<void()>> drain_callbacks;
    std::vector<std::function<void()>> reload_callbacks;
    std::atomic<bool> draining{false};
    std::atomic<bool> drain_asked{false};
    std::atomic<int> wake{-1}; ///< an eventfd of run(): written to when drain() is called
};

} // namespace baton::engine
