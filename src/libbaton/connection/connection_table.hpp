// SPDX-License-Identifier: MIT
// The slots of all connections. Slots never return to the heap, so a late event can be judged without a lock.
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
    /// Gets a slot for `socket`, already claimed for the caller. Throws std::bad_alloc; `socket` is then closed.
    Connection& open(Fd socket, Audience audience);
    /// Closes a connection that the caller has claimed, and frees its slot.
    void close(Connection& connection) noexcept;
    /// The same with a reset, so the client does not take a partial reply for a complete one.
    void abort(Connection& connection) noexcept;

    /// Claims the connection of an event. nullptr: it was closed meanwhile, or its current owner has been notified.
    [[nodiscard]] Connection* claim(std::uint64_t key) noexcept;
    /// Claims `connection` if it is parked.
    [[nodiscard]] static bool claim_parked(Connection& connection) noexcept;
    /// A bit in a key: the event reported that the client has ended its side, or that the socket has failed.
    static constexpr std::uint64_t k_ending = 1ULL << 31U;
    enum class Parked : std::uint8_t { yes, event_came };
    /// Gives up a claimed connection. After a yes, another worker may own it. Otherwise the caller still owns it and
    /// must look at the socket again.
    [[nodiscard]] static Parked park(Connection& connection) noexcept;
    /// The key for the poller, which claim() understands; never 0. k_ending may be set in it.
    [[nodiscard]] static std::uint64_t key(const Connection& connection) noexcept;

    /// Calls visit(connection) for each slot ever used. Without a claim, only its atomics may be used.
    template <class Visit>
    void for_each(Visit visit) noexcept {
        const auto used = used_.load(std::memory_order_acquire);
        for (std::uint32_t i = 0; i < used; ++i)
            visit(at(i));
    }

    /// Ends the traffic of all claimed connections, so no send or receive keeps waiting.
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
