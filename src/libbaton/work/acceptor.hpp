// SPDX-License-Identifier: MIT
// Accepts from one listening socket on its own thread. When told, it stops at once and leaves the queue to others. It
// waits in accept4(2) itself: O_NONBLOCK belongs to the open file description, which PID 1 and the next release share,
// and systemd clears it at every start of a service. So nothing here sets or trusts it.
#pragma once

#include "libbaton/io/listener.hpp"
#include "libbaton/io/thread.hpp"
#include "libbaton/io/wakeup.hpp"
#include "libbaton/work/core.hpp"

#include <atomic>
#include <memory>

namespace baton::engine {

class Acceptor {
  public:
    /// Starts accepting. Throws Error.
    Acceptor(Core& core, Listener listener);
    ~Acceptor() { stop(); }
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Stops accepting and closes our descriptor; does not shut down the socket.
    void stop() noexcept;

  private:
    enum class Outcome : std::uint8_t { accepted, empty, interrupted, exhausted, dead };

    void accept_until_stopped() noexcept;
    [[nodiscard]] Outcome accept_one();
    void wait_for_connection() const noexcept;
    void adopt(Fd socket);
    [[nodiscard]] bool at_limit() const noexcept;
    void complain(std::string_view why) noexcept;

    Core& core_;
    Listener listener_;
    Wakeup wakeup_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> stopped_{false};
    Instant silent_until_{};
    std::unique_ptr<Thread> thread_;
};

} // namespace baton::engine
