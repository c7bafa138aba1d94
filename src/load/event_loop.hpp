// SPDX-License-Identifier: MIT
// One thread's wait for descriptors and timers: edge-triggered epoll(7) and an ordered set of timers.
#pragma once

#include "base/fd.hpp"
#include "load/clock.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace baton::load {

class EventLoop;

/// The owner of a descriptor in the loop.
class Handler {
  public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    /// `events` as in epoll_event. It may close any descriptor, but must not destroy another handler.
    virtual void on_event(std::uint32_t events) = 0;

  protected:
    ~Handler() = default;
};

/// A one-shot timer; disarmed when it goes out of scope.
class Timer {
  public:
    Timer(EventLoop& loop, std::function<void(TimePoint now)> on_due);
    ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Makes the timer due at `when`; this replaces any earlier time.
    void arm(TimePoint when);
    void disarm() noexcept;
    [[nodiscard]] bool armed() const noexcept { return armed_; }

  private:
    friend class EventLoop;
    EventLoop& loop_;
    std::function<void(TimePoint)> on_due_;
    TimePoint when_;
    bool armed_ = false;
};

class EventLoop {
  public:
    /// Throws Error if the kernel provides no descriptor.
    EventLoop();

    /// Watches `fd` for all events, edge-triggered, until it is closed. Returns 0 or the errno of epoll_ctl(2).
    [[nodiscard]] int watch(int fd, Handler& handler) noexcept;
    /// Handles events and timers until quit(). Throws Error if epoll fails.
    void run();
    /// Makes run() return after the current event.
    void quit() noexcept { running_ = false; }

    /// A buffer that a handler may use during its call.
    [[nodiscard]] std::vector<char>& scratch() noexcept { return scratch_; }

  private:
    friend class Timer;
    void wait();
    void run_due();

    Fd epoll_;
    std::set<std::pair<TimePoint, Timer*>> timers_;
    std::vector<char> scratch_;
    bool running_ = true;
};

} // namespace baton::load
