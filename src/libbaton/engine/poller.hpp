// SPDX-License-Identifier: MIT
// The one epoll instance that all workers wait on. Each connection is armed for one event, which one worker gets.
#pragma once

#include "base/fd.hpp"
#include "libbaton/engine/connection_table.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace baton::engine {

enum class Interest : std::uint8_t { input, output };

class Poller {
  public:
    /// Throws Error.
    explicit Poller(ConnectionTable& table);

    /// Parks a claimed connection until there is input, room for output, or its deadline is swept. From the return on
    /// it may be another worker's. false: the kernel refused, the connection is still the caller's.
    [[nodiscard]] bool park(Connection& connection, Interest interest) noexcept;
    /// The same for a connection that the poller does not know yet.
    [[nodiscard]] bool adopt(Connection& connection) noexcept;
    /// Has some wait() return `connection`, if it is parked, whatever its socket says. Any thread. Throws
    /// std::bad_alloc.
    void poke(Connection& connection);

    enum class Woken : std::uint8_t { by_connection, by_knock, by_timeout };
    struct Event {
        Woken woken;
        Connection* connection = nullptr; ///< claimed for the caller; nullptr: nothing to do
    };
    /// The next event; the caller alone gets it.
    [[nodiscard]] Event wait(std::optional<std::chrono::milliseconds> timeout) noexcept;

    /// Lets one wait() return. knocks_answered() then counts one more: proof that a worker is free and turns.
    void knock() noexcept;
    [[nodiscard]] std::uint64_t knocks_answered() const noexcept { return answered_.load(std::memory_order_acquire); }
    [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }

  private:
    [[nodiscard]] bool arm(Connection& connection, int operation, std::uint32_t events) noexcept;
    [[nodiscard]] Connection* take_poked() noexcept;

    ConnectionTable& table_;
    Fd epoll_;
    Fd bell_;
    std::atomic<std::uint64_t> answered_{0};
    std::mutex mutex_; ///< guards poked_
    std::vector<Connection*> poked_;
};

} // namespace baton::engine
