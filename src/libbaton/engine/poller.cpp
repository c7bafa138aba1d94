// SPDX-License-Identifier: MIT
#include "libbaton/engine/poller.hpp"

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

bool Poller::arm(Connection& connection, int operation, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events | EPOLLONESHOT;
    event.data.u64 = ConnectionTable::key(connection);
    ConnectionTable::set_claim(connection, Claim::settling);
    const bool armed = ::epoll_ctl(epoll_.get(), operation, connection.socket.get(), &event) == 0;
    ConnectionTable::set_claim(connection, armed ? Claim::parked : Claim::running);
    return armed;
}

bool Poller::park(Connection& connection, Interest interest) noexcept {
    return arm(connection, EPOLL_CTL_MOD, interest == Interest::input ? EPOLLIN | EPOLLRDHUP : EPOLLOUT);
}

bool Poller::adopt(Connection& connection) noexcept {
    return arm(connection, EPOLL_CTL_ADD, EPOLLIN | EPOLLRDHUP);
}

void Poller::poke(Connection& connection) {
    {
        const std::lock_guard lock{mutex_};
        poked_.reserve(poked_.size() + 1);
        // An event that is under way for it finds it claimed and is dropped: whoever takes it from the list sees to
        // all.
        if (!ConnectionTable::claim_parked(connection, Claim::running)) return;
        poked_.push_back(&connection);
    }
    knock();
}

Connection* Poller::take_poked() noexcept {
    const std::lock_guard lock{mutex_};
    if (poked_.empty()) return nullptr;
    auto* const connection = poked_.back();
    poked_.pop_back();
    if (!poked_.empty()) knock(); // the next one is for the next worker
    return connection;
}

Poller::Event Poller::wait(std::optional<std::chrono::milliseconds> timeout) noexcept {
    epoll_event event{};
    const int count = ::epoll_wait(epoll_.get(), &event, 1, timeout ? static_cast<int>(timeout->count()) : -1);
    if (count <= 0) return {Woken::by_timeout};
    if (event.data.u64 != k_bell) return {Woken::by_connection, table_.claim(event.data.u64)};
    answered_.fetch_add(1, std::memory_order_release);
    return {Woken::by_knock, take_poked()};
}

void Poller::knock() noexcept {
    const std::uint64_t one = 1;
    (void)!::write(bell_.get(), &one, sizeof one); // full after 2^64-1 knocks: it rings then anyway
}

} // namespace baton::engine
