// SPDX-License-Identifier: MIT
// The one epoll instance that all workers wait on. Edge-triggered: a connection is registered once. The worker that
// claims it owns it until it is parked; the claim records events that come meanwhile (see ConnectionTable).
#pragma once

#include "base/fd.hpp"
#include "libbaton/connection/connection_table.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace baton::engine {

/// Events that one worker has taken but not yet handled. Another thread may take the rest if the worker is held up.
class EventBatch {
  public:
    static constexpr std::size_t k_size = 8;
    /// The next event's key; 0: none left.
    [[nodiscard]] std::uint64_t take() noexcept;
    /// Adds an event. Only for the owner, and only when all have been taken.
    void put(std::size_t at, std::uint64_t key) noexcept { keys_[at].store(key, std::memory_order_relaxed); }

  private:
    std::array<std::atomic<std::uint64_t>, k_size> keys_{};
};

class Poller {
  public:
    /// Throws Error.
    explicit Poller(ConnectionTable& table);

    /// Parks a connection that the poller does not know yet: from now on, new input makes an event. false: the kernel
    /// refused, and the caller still owns the connection.
    [[nodiscard]] bool adopt(Connection& connection) noexcept;
    /// From now on, room for output makes an event too, immediately if there is room already. false: the kernel
    /// refused.
    [[nodiscard]] bool watch_output(Connection& connection) noexcept;
    /// Makes some wait() return `connection`, if it is parked, whatever the state of its socket. Any thread.
    void poke(Connection& connection) noexcept;
    /// The same for a connection that the caller has claimed and hereby gives up. First come, first served, after all
    /// connections with pending events.
    void requeue(Connection& connection) noexcept;
    /// Makes some wait() return the connection of `key`: an event that its taker has no time for.
    void pass_on(std::uint64_t key) noexcept;

    struct Events {
        std::size_t count = 0; ///< the number of keys in the batch
        bool timed_out = false;
        Connection* connection = nullptr; ///< a poked connection, claimed for the caller
    };
    /// Waits for events and takes several at once if possible; each is for the caller alone.
    [[nodiscard]] Events wait(std::optional<std::chrono::milliseconds> timeout, EventBatch& batch) noexcept;

    /// Makes one wait() return. knocks_answered() then counts one more, which proves that a worker is free and runs.
    void knock() noexcept;
    [[nodiscard]] std::uint64_t knocks_answered() const noexcept { return answered_.load(std::memory_order_acquire); }
    [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }

  private:
    [[nodiscard]] bool control(Connection& connection, int operation, std::uint32_t events) noexcept;
    [[nodiscard]] Connection* take_poked() noexcept;

    ConnectionTable& table_;
    Fd epoll_;
    Fd bell_;
    std::atomic<std::uint64_t> answered_{0};
    std::mutex
        mutex_; ///< guards the queue of poked connections; the queue is linked because adding to it must not fail
    Connection* first_poked_ = nullptr;
    Connection* last_poked_ = nullptr;
};

} // namespace baton::engine
