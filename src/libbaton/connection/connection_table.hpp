// SPDX-License-Identifier: MIT
// Every connection's slot. Slots are never given back to the heap, so a late event can be judged without a lock.
#pragma once

#include "libbaton/connection/connection.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace baton::engine {

class ConnectionTable {
  public:
    /// A slot for `socket`, already claimed for the caller. Throws std::bad_alloc; then `socket` is closed.
    Connection& open(Fd socket, Audience audience);
    /// Closes the connection of a slot the caller has claimed; the slot is free afterwards.
    void close(Connection& connection) noexcept;
    /// The same by a reset, so that what the client has is not taken for the whole of a reply.
    void abort(Connection& connection) noexcept;

    /// Claims the connection an event is for. nullptr: it was closed meanwhile, or the one who has it has been told.
    [[nodiscard]] Connection* claim(std::uint64_t key) noexcept;
    /// Claims `connection` if it is parked.
    [[nodiscard]] static bool claim_parked(Connection& connection) noexcept;
    /// In a key: the event said that the client has ended its side, or that the socket has failed.
    static constexpr std::uint64_t k_ending = 1ULL << 31U;
    enum class Parked : std::uint8_t { yes, event_came };
    /// Gives a claimed connection up; from a yes on it may be another worker's. Otherwise it is still the caller's, who
    /// has to look at the socket again.
    [[nodiscard]] static Parked park(Connection& connection) noexcept;
    /// What to give the poller to be told apart by claim(); never 0. k_ending may be set in it.
    [[nodiscard]] static std::uint64_t key(const Connection& connection) noexcept;

    /// Calls visit(connection) for each slot ever used. Only its atomics may be touched before it is claimed.
    template <class Visit>
    void for_each(Visit visit) noexcept {
        const auto used = used_.load(std::memory_order_acquire);
        for (std::uint32_t i = 0; i < used; ++i)
            visit(at(i));
    }

    /// Ends the traffic of all connections that somebody works on, so that no send or receive waits on.
    void shut_down_running() noexcept;

  private:
    static constexpr std::uint32_t k_block = 128;
    static constexpr std::uint32_t k_blocks = 8192; // a million connections
    using Block = std::array<Connection, k_block>;

    [[nodiscard]] Connection& at(std::uint32_t index) noexcept { return (*blocks_[index / k_block])[index % k_block]; }
    static void set_claim(Connection& connection, Claim claim) noexcept;
    std::uint32_t take_slot();

    std::vector<std::unique_ptr<Block>> blocks_ = std::vector<std::unique_ptr<Block>>(k_blocks);
    std::atomic<std::uint32_t> used_{0};
    std::mutex mutex_; ///< guards free_, the growth of blocks_, and the opening and closing of sockets
    std::vector<std::uint32_t> free_;
};

} // namespace baton::engine
