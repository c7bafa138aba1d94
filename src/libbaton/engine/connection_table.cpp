// SPDX-License-Identifier: MIT
#include "libbaton/engine/connection_table.hpp"

#include <sched.h>
#include <sys/socket.h>

#include <new>

namespace baton::engine {

std::uint32_t ConnectionTable::take_slot() {
    if (!free_.empty()) {
        const auto index = free_.back();
        free_.pop_back();
        return index;
    }
    const auto index = used_.load(std::memory_order_relaxed);
    if (index == k_block * k_blocks) throw std::bad_alloc{};
    if (index % k_block == 0) {
        free_.reserve(index + k_block); // so that close() cannot fail
        blocks_[index / k_block] = std::make_unique<Block>();
    }
    at(index).index = index;
    used_.store(index + 1, std::memory_order_release);
    return index;
}

Connection& ConnectionTable::open(Fd socket, Audience audience) {
    const std::lock_guard lock{mutex_};
    auto& connection = at(take_slot());
    connection.phase = Phase::reading;
    connection.audience = audience;
    connection.after_reply = AfterReply::next_request;
    connection.in_flight = false;
    connection.continue_sent = false;
    connection.since = now();
    connection.socket = std::move(socket);
    set_claim(connection, Claim::running);
    return connection;
}

void ConnectionTable::close(Connection& connection) noexcept {
    connection.unread = {};
    connection.unsent = {};
    connection.sent = 0;
    connection.peer.reset();
    connection.deadline.store(k_never, std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    connection.socket.reset();
    const auto generation = generation_of(connection.claim.load(std::memory_order_relaxed));
    connection.claim.store(claim_word(generation + 1, Claim::free), std::memory_order_release);
    free_.push_back(connection.index);
}

void ConnectionTable::shut_down_running() noexcept {
    const std::lock_guard lock{mutex_};
    for_each([](Connection& connection) {
        if (claim_of(connection.claim.load(std::memory_order_relaxed)) == Claim::running)
            (void)::shutdown(connection.socket.get(), SHUT_RDWR); // a connection, never a listener
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

bool ConnectionTable::claim_parked(Connection& connection, Claim as) noexcept {
    auto word = connection.claim.load(std::memory_order_relaxed);
    if (claim_of(word) != Claim::parked) return false;
    return connection.claim.compare_exchange_strong(word, claim_word(generation_of(word), as),
                                                    std::memory_order_acquire, std::memory_order_relaxed);
}

Connection* ConnectionTable::claim(std::uint64_t key) noexcept {
    const auto index = static_cast<std::uint32_t>(key);
    const auto generation = static_cast<std::uint32_t>(key >> 32U);
    if (index >= used_.load(std::memory_order_acquire)) return nullptr;
    auto& connection = at(index);
    while (true) {
        const auto word = connection.claim.load(std::memory_order_relaxed);
        if (generation_of(word) != generation) return nullptr;
        if (claim_of(word) == Claim::settling)
            (void)::sched_yield(); // the other one is between two instructions
        else if (claim_of(word) != Claim::parked)
            return nullptr;
        else if (claim_parked(connection, Claim::running))
            return &connection;
    }
}

} // namespace baton::engine
