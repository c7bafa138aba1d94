// SPDX-License-Identifier: MIT
#include "libbaton/connection/poller.hpp"

#include "base/error.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <limits>

namespace baton::engine {
namespace {

constexpr std::uint64_t k_bell = std::numeric_limits<std::uint64_t>::max(); // no connection has this key

} // namespace

Poller::Poller(ConnectionTable& table)
    : table_{table}, epoll_{::epoll_create1(EPOLL_CLOEXEC)}, bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = k_bell;
    if (!epoll_ || !bell_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &event) != 0)
        throw errno_error("making the event loop");
}

std::uint64_t EventBatch::take() noexcept {
    for (auto& key : keys_) {
        if (key.load(std::memory_order_relaxed) == 0) continue;
        if (const auto taken = key.exchange(0, std::memory_order_relaxed); taken != 0) return taken;
    }
    return 0;
}

bool Poller::control(Connection& connection, int operation, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events | EPOLLRDHUP | EPOLLET;
    event.data.u64 = ConnectionTable::key(connection);
    return ::epoll_ctl(epoll_.get(), operation, connection.socket.get(), &event) == 0;
}

bool Poller::adopt(Connection& connection) noexcept {
    if (!control(connection, EPOLL_CTL_ADD, EPOLLIN)) return false;
    // Still claimed: an event that comes before this is noted, and must be handled.
    if (ConnectionTable::park(connection) == ConnectionTable::Parked::event_came) requeue(connection);
    return true;
}

bool Poller::watch_output(Connection& connection) noexcept {
    if (connection.watches_output) return true; // each send that found no room is followed by an edge
    connection.watches_output = control(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    return connection.watches_output;
}

void Poller::requeue(Connection& connection) noexcept {
    {
        const std::lock_guard lock{mutex_};
        connection.next_poked = nullptr;
        (first_poked_ == nullptr ? first_poked_ : last_poked_->next_poked) = &connection;
        last_poked_ = &connection;
    }
    knock();
}

void Poller::poke(Connection& connection) noexcept {
    // A pending event is noted in the claim: the worker that takes the connection from the list handles everything.
    if (ConnectionTable::claim_parked(connection)) requeue(connection);
}

void Poller::pass_on(std::uint64_t key) noexcept {
    if (auto* const connection = table_.claim(key)) requeue(*connection);
}

Connection* Poller::take_poked() noexcept {
    const std::lock_guard lock{mutex_};
    if (first_poked_ == nullptr) return nullptr;
    auto* const connection = first_poked_;
    first_poked_ = connection->next_poked;
    if (first_poked_ != nullptr) knock(); // the next connection is for the next worker
    return connection;
}

Poller::Events Poller::wait(std::optional<std::chrono::milliseconds> timeout, EventBatch& batch) noexcept {
    std::array<epoll_event, EventBatch::k_size> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   timeout ? static_cast<int>(timeout->count()) : -1);
    Events result;
    result.timed_out = count == 0;
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        const bool ending = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        if (event.data.u64 != k_bell) {
            batch.put(result.count++, event.data.u64 | (ending ? ConnectionTable::k_ending : 0));
        } else {
            answered_.fetch_add(1, std::memory_order_release);
            result.connection = take_poked();
        }
    }
    return result;
}

void Poller::knock() noexcept {
    const std::uint64_t one = 1;
    (void)!::write(bell_.get(), &one, sizeof one); // full after 2^64-1 knocks, but then it rings anyway
}

} // namespace baton::engine
