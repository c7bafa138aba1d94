// SPDX-License-Identifier: MIT
// The threads that serve connections. They all wait on the poller: the thread that wakes serves, without a handover.
// While handlers block, more threads start, up to a limit; these end again after being idle.
#pragma once

#include "libbaton/io/thread.hpp"
#include "libbaton/work/core.hpp"

#include <atomic>
#include <functional>
#include <list>

namespace baton::engine {

class Session;

class WorkerPool {
  public:
    /// A worker calls `on_saturated` if no worker is left waiting, and tick() has not been requested already.
    WorkerPool(Core& core, std::function<void()> on_saturated);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Starts the initial workers. Throws Error.
    void start();
    enum class Next : std::uint8_t { soon, when_saturated };
    /// Starts more workers if events wait while workers are blocked. Call every k_tick while it returns soon; from one
    /// thread.
    Next tick();
    /// Tells all workers to end and waits for at most `patience`; returns how many are still in a handler.
    unsigned stop(Milliseconds patience) noexcept;

    [[nodiscard]] unsigned size() const noexcept { return alive_.load(); }

    static constexpr Milliseconds k_tick{5};

  private:
    struct Worker {
        std::atomic<std::uint64_t> turns{0}; ///< odd: serving; even: waiting
        std::atomic<bool> ended{false};
        std::uint64_t turns_seen = 0; ///< the value that tick() saw last
        int ticks_in_turn = 0;        ///< ticks since then
        bool blocked = false;         ///< in that turn
        EventBatch batch;
        std::unique_ptr<Thread> thread;
    };

    void spawn();
    void spawn_more(unsigned count);
    void work(Worker& self, bool permanent) noexcept;
    static void serve(Worker& self, Session& session, Connection& connection) noexcept;
    void reap();
    void retire_surplus(unsigned blocked) noexcept;
    [[nodiscard]] bool may_retire() noexcept;
    [[nodiscard]] unsigned look_for_blocked();
    [[nodiscard]] static bool look_at(Worker& worker) noexcept;
    [[nodiscard]] bool events_wait() const noexcept;

    Core& core_;
    std::function<void()> on_saturated_;
    unsigned base_;
    std::list<Worker> workers_; ///< used only by the thread that calls start, tick and stop
    std::atomic<unsigned> alive_{0};
    std::atomic<unsigned> waiting_{0};
    std::atomic<bool> ticking_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<unsigned> surplus_{0}; ///< the number of workers that may end
    Instant full_until_{};             ///< the system has no thread for us
    Instant silent_until_{};           ///< and has been blamed for it
    int quiet_ticks_ = 0;
    int calm_ticks_ = 0;
};

} // namespace baton::engine
