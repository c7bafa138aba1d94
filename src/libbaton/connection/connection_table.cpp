// SPDX-License-Identifier: MIT
#include "libbaton/connection/connection_table.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <new>
#include <utility>

namespace baton::engine {
namespace {

/// Wakes every thread that waits on it. Dissolving the association resets it: tcp(7), connect(2); a unix socket has no
/// reset.
void cut(const Connection& connection) noexcept {
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    if (connection.ends_reply.load() && ::connect(connection.socket.get(), &nobody, sizeof nobody) == 0) return;
    (void)::shutdown(connection.socket.get(), SHUT_RDWR); // a connection, never a listener
}

} // namespace

std::uint32_t ConnectionTable::take_slot() {
    if (!free_.empty()) {
        const auto index = free_.back();
        free_.pop_back();
        return index;
    }
    const auto index = used_.load(std::memory_order_relaxed);
    if (index == k_block * k_blocks) throw std::bad_alloc{};
    if (index % k_block == 0) {
        free_.reserve(index + k_block); // then close() cannot fail
        blocks_[index / k_block] = std::make_unique<Block>();
    }
    at(index).index = index;
    used_.store(index + 1, std::memory_order_release);
    return index;
}

Connection& ConnectionTable::open(Fd socket, Audience audience) {
    const std::lock_guard lock{mutex_};
    auto& connection = at(take_slot());
    connection.audience = audience;
    connection.ends_reply.store(false, std::memory_order_relaxed);
    connection.since = now();
    connection.socket = std::move(socket);
    set_claim(connection, Claim::running);
    return connection;
}

void ConnectionTable::close(Connection& connection) noexcept {
    ConnectionState last; // destroyed after the lock is released: it may run the program's code
    connection.deadline.store(k_never, std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    std::swap(static_cast<ConnectionState&>(connection), last);
    const auto generation = generation_of(connection.claim.load(std::memory_order_relaxed));
    connection.claim.store(claim_word(generation + 1, Claim::free), std::memory_order_release);
    free_.push_back(connection.index);
}

void ConnectionTable::abort(Connection& connection) noexcept {
    constexpr linger k_at_once{.l_onoff = 1, .l_linger = 0}; // socket(7): makes close(2) reset the connection
    (void)::setsockopt(connection.socket.get(), SOL_SOCKET, SO_LINGER, &k_at_once, sizeof k_at_once);
    close(connection);
}

void ConnectionTable::shut_down_running() noexcept {
    const std::lock_guard lock{mutex_};
    for_each([](Connection& connection) {
        const auto claim = claim_of(connection.claim.load(std::memory_order_relaxed));
        if (claim == Claim::running || claim == Claim::noticed) cut(connection);
    });
}

std::uint64_t ConnectionTable::key(const Connection& connection) noexcept {
    const auto generation = generation_of(connection.claim.load(std::memory_order_relaxed));
    return (static_cast<std::uint64_t>(generation) << 32U) | connection.index;
}

void ConnectionTable::set_claim(Connection& connection, Claim claim) noexcept {
    const auto generation = generation_of(connection.claim.load(std::memory_order_relaxed));
    connection.claim.store(claim_word(generation, claim), std::memory_order_release);
}

bool ConnectionTable::claim_parked(Connection& connection) noexcept {
    auto word = connection.claim.load(std::memory_order_relaxed);
    if (claim_of(word) != Claim::parked) return false;
    return connection.claim.compare_exchange_strong(word, claim_word(generation_of(word), Claim::running),
                                                    std::memory_order_acquire, std::memory_order_relaxed);
}

Connection* ConnectionTable::claim(std::uint64_t key) noexcept {
    const auto index = static_cast<std::uint32_t>(key & ~k_ending);
    const auto generation = static_cast<std::uint32_t>(key >> 32U);
    if (index >= used_.load(std::memory_order_acquire)) return nullptr;
    auto& connection = at(index);
    auto word = connection.claim.load(std::memory_order_relaxed);
    while (generation_of(word) == generation) {
        const bool parked = claim_of(word) == Claim::parked;
        if (!parked && claim_of(word) != Claim::running) return nullptr; // closed, or noticed already
        const auto next = claim_word(generation, parked ? Claim::running : Claim::noticed);
        if (connection.claim.compare_exchange_weak(word, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
            if (!parked) return nullptr;
            connection.look_closely = (key & k_ending) != 0;
            return &connection;
        }
    }
    return nullptr;
}

ConnectionTable::Parked ConnectionTable::park(Connection& connection) noexcept {
    auto word = connection.claim.load(std::memory_order_relaxed);
    const auto generation = generation_of(word);
    word = claim_word(generation, Claim::running);
    if (connection.claim.compare_exchange_strong(word, claim_word(generation, Claim::parked), std::memory_order_acq_rel,
                                                 std::memory_order_acquire))
        return Parked::yes;
    set_claim(connection, Claim::running);
    connection.look_closely = true;
    return Parked::event_came;
}

} // namespace baton::engine
