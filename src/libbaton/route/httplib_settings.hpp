// SPDX-License-Identifier: MIT
// The program's settings for httplib's listening and connections, which are not used. Each setting becomes an Option,
// or the server does not start and says which Option replaces it.
#pragma once

#include <baton/options.hpp>
#include <httplib.h>

#include <array>
#include <cstdint>
#include <functional>

namespace baton::engine {

using TaskQueueFactory = std::function<httplib::TaskQueue*()>;

/// Replaces the defaults with values that nobody sets, so the program's own settings can be recognised.
void mark_settings(httplib::Server& server);

/// `options`, with the program's settings on `server` in place of default values. `queue` is the program's
/// new_task_queue, or empty: a ThreadPool of n threads makes at most n workers, so a pool of one keeps handlers from
/// running concurrently. Throws Error for unsupported settings.
[[nodiscard]] Options with_settings(const httplib::Server& server, Options options, const TaskQueueFactory& queue);

/// What with_settings() takes from `server`, as numbers: other ones if the program has set something since.
[[nodiscard]] std::array<std::uint64_t, 6> setting_numbers(const httplib::Server& server) noexcept;

/// The program's argument of set_socket_options(); empty: not called.
[[nodiscard]] httplib::SocketOptions socket_options(const httplib::Server& server);
/// AF_UNSPEC unless set_address_family() was called.
[[nodiscard]] int address_family(const httplib::Server& server) noexcept;

} // namespace baton::engine
