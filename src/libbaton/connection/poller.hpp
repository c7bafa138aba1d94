// SPDX-License-Identifier: MIT
// The one epoll instance that all workers wait on. Edge-triggered: a connection is registered once, and who claims it
// owns it until it is parked; events that come meanwhile are noted in its claim (see ConnectionTable).
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

/// Events taken by one worker and not yet looked at. Another thread may take what is left, when the worker is held up.
class EventBatch {
  public:
    static constexpr std::size_t k_size = 8;
    /// The next event's key; 0: none is left.
    [[nodiscard]] std::uint64_t take() noexcept;
    /// Adds one; only by the owner, and only when all have been taken.
    void put(std::size_t at, std::uint64_t key) noexcept { keys_[at].store(key, std::memory_order_relaxed); }

  private:
    std::array<std::atomic<std::uint64_t>, k_size> keys_{};
};

class Poller {
  public:
    /// Throws Error.
    explicit Poller(ConnectionTable& table);

    /// Parks a connection the poller does not know yet: from now on each new input makes an event. false: the kernel
    /// refused, the connection is still the caller's.
    [[nodiscard]] bool adopt(Connection& connection) noexcept;
    /// From now on room for output makes an event, too; if there is room already, at once. false: the kernel refused.
    [[nodiscard]] bool watch_output(Connection& connection) noexcept;
    /// Has some wait() get `connection`, if it is parked, whatever its socket says. Any thread.
    void poke(Connection& connection) noexcept;
    /// The same for a connection that the caller has claimed, and gives up by that. First come, first served, behind
    /// all whose events are there already.
    void requeue(Connection& connection) noexcept;
    /// Has some wait() get the connection that `key` is for: an event that its taker has no time for.
    void pass_on(std::uint64_t key) noexcept;

    struct Events {
        std::size_t count = 0; ///< how many keys are in the batch
        bool timed_out = false;
        Connection* connection = nullptr; ///< one that was poked, claimed for the caller
    };
    /// Waits for events, several at once if there are; each is for the caller alone.
    [[nodiscard]] Events wait(std::optional<std::chrono::milliseconds> timeout, EventBatch& batch) noexcept;

    /// Lets one wait() return. knocks_answered() then counts one more: proof that a worker is free and turns.
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
    std::mutex mutex_; ///< guards the queue of those that were poked: linked, for nothing that gives one up may fail
    Connection* first_poked_ = nullptr;
    Connection* last_poked_ = nullptr;
};

} // namespace baton::engine
