// SPDX-License-Identifier: MIT
#include "libbaton/route/httplib_settings.hpp"

#include "base/error.hpp"
#include "libbaton/route/exposed.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <typeinfo>

namespace baton::engine {

struct ServerSettings {
    friend constexpr auto exposed(ServerSettings) noexcept;
};
template struct Expose<ServerSettings, &httplib::Server::keep_alive_timeout_sec_,
                       &httplib::Server::keep_alive_max_count_, &httplib::Server::read_timeout_sec_,
                       &httplib::Server::read_timeout_usec_, &httplib::Server::write_timeout_sec_,
                       &httplib::Server::write_timeout_usec_, &httplib::Server::socket_options_,
                       &httplib::Server::address_family_, &httplib::Server::payload_max_length_>;

struct PoolThreads {
    friend constexpr auto exposed(PoolThreads) noexcept;
};
template struct Expose<PoolThreads, &httplib::ThreadPool::threads_>;

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr time_t k_unset_time = std::numeric_limits<time_t>::min();
constexpr std::chrono::hours k_never_comes{24 * 365 * 100}; // sums with times of the clock do not overflow
constexpr std::size_t k_unset_count = std::numeric_limits<std::size_t>::max();

/// Means "not set", and is called if httplib binds by itself. httplib's own default sets SO_REUSEPORT, which would
/// share new connections between two releases at random.
struct UnsetSocketOptions {
    void operator()(socket_t socket) const noexcept {
        const int on = 1;
        (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
};

template <class Value>
void set_default(Value& option, const Value& usual, const Value& asked) {
    if (option == usual) option = asked;
}

/// A negative time is none to httplib's poll(2).
void set_time(milliseconds& option, milliseconds usual, time_t seconds, time_t more) {
    if (seconds == k_unset_time) return;
    if (seconds < 0 || std::chrono::seconds{seconds} > k_never_comes)
        return set_default<milliseconds>(option, usual, k_never_comes);
    const auto asked = std::chrono::seconds{seconds} + microseconds{more};
    set_default(option, usual, std::max(std::chrono::ceil<milliseconds>(asked), milliseconds{1}));
}

/// httplib would run as many handlers at once as its pool has threads, and so does libbaton.
std::size_t threads_of(const TaskQueueFactory& factory) {
    const std::unique_ptr<httplib::TaskQueue> queue{factory()};
    // A derived class may do more in its enqueue(), which would not be called.
    const auto* const pool = queue && typeid(*queue) == typeid(httplib::ThreadPool)
                                 ? static_cast<const httplib::ThreadPool*>(queue.get())
                                 : nullptr;
    const auto count = pool == nullptr ? 0 : (pool->*std::get<0>(exposed(PoolThreads{}))).size();
    if (queue) queue->shutdown();
    if (pool != nullptr) return std::max<std::size_t>(count, 1);
    throw Error{"starting: new_task_queue makes the program's own queue, which libbaton's workers would not use",
                error_kind::config, "set Options::workers and Options::max_workers instead"};
}

void limit_workers(Options& options, std::size_t most) {
    const Options usual;
    set_default(options.max_workers, usual.max_workers, static_cast<unsigned>(most));
    const auto base = options.workers != 0 ? options.workers : std::max(2U, std::thread::hardware_concurrency());
    options.workers = std::min(base, options.max_workers);
}

} // namespace

void mark_settings(httplib::Server& server) {
    const auto [idle, count, read, read_usec, write, write_usec, socket, family, payload] = exposed(ServerSettings{});
    server.*idle = k_unset_time;
    server.*count = k_unset_count;
    server.*read = k_unset_time;
    server.*write = k_unset_time;
    server.*socket = UnsetSocketOptions{};
}

Options with_settings(const httplib::Server& server, Options options, const TaskQueueFactory& queue) {
    const auto [idle, count, read, read_usec, write, write_usec, socket, family, payload] = exposed(ServerSettings{});
    const Options usual;
    auto& times = options.timeouts;
    if (server.*idle != k_unset_time) // not for poll(2): a negative one is over at once
        set_time(times.idle, usual.timeouts.idle, std::max<time_t>(server.*idle, 0), 0);
    set_time(times.head, usual.timeouts.head, server.*read, server.*read_usec);
    set_time(times.body, usual.timeouts.body, server.*read, server.*read_usec);
    set_time(times.write, usual.timeouts.write, server.*write, server.*write_usec);
    if (server.*count != k_unset_count)
        set_default(options.limits.max_requests, usual.limits.max_requests, std::max<std::size_t>(server.*count, 1));
    if (server.*payload != CPPHTTPLIB_PAYLOAD_MAX_LENGTH)
        set_default<std::uint64_t>(options.limits.max_body_bytes, usual.limits.max_body_bytes, server.*payload);
    if (queue) limit_workers(options, threads_of(queue));
    return options;
}

std::array<std::uint64_t, 6> setting_numbers(const httplib::Server& server) noexcept {
    const auto [idle, count, read, read_usec, write, write_usec, socket, family, payload] = exposed(ServerSettings{});
    const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
    return {number(server.*idle),      number(server.*count), number(server.*read),
            number(server.*read_usec), number(server.*write), number(server.*write_usec)};
}

httplib::SocketOptions socket_options(const httplib::Server& server) {
    const auto& set = server.*std::get<6>(exposed(ServerSettings{}));
    return set.target<UnsetSocketOptions>() == nullptr ? set : httplib::SocketOptions{};
}

int address_family(const httplib::Server& server) noexcept {
    return server.*std::get<7>(exposed(ServerSettings{}));
}

} // namespace baton::engine
