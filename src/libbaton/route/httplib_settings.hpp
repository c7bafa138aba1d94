// SPDX-License-Identifier: MIT
// What a program asks of httplib's own listening and connections, which are not used: each setter becomes an Option, or
// the server does not start and says which Option takes its place.
#pragma once

#include <baton/options.hpp>
#include <httplib.h>

#include <functional>

namespace baton::engine {

using TaskQueueFactory = std::function<httplib::TaskQueue*()>;

/// Puts values in the place of the defaults that nobody sets, so that it shows what the program has set.
void mark_settings(httplib::Server& server);

/// `options`, and what the program has set on `server` where they are as they come. `queue` is what the program put
/// into new_task_queue, or empty: a ThreadPool of n threads makes n workers at most, so that a pool of one keeps
/// handlers from running at once. Throws Error for what has no place here.
[[nodiscard]] Options with_settings(const httplib::Server& server, Options options, const TaskQueueFactory& queue);

/// What the program gave set_socket_options(); empty: it did not.
[[nodiscard]] httplib::SocketOptions socket_options(const httplib::Server& server);
/// AF_UNSPEC unless set_address_family() was called.
[[nodiscard]] int address_family(const httplib::Server& server) noexcept;

} // namespace baton::engine
