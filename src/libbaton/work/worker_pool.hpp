// SPDX-License-Identifier: MIT
// The threads that serve connections. They wait together on the poller: whoever wakes serves, nobody hands over.
// While handlers block, more are started, up to a bound; those end again when they have been idle.
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
    /// `on_saturated` is called by a worker when none is left waiting, and tick() has not been asked for already.
    WorkerPool(Core& core, std::function<void()> on_saturated);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Starts the first ones. Throws Error.
    void start();
    enum class Next : std::uint8_t { soon, when_saturated };
    /// Starts more if events wait while workers are blocked. To be called every k_tick while it says soon; one thread.
    Next tick();
    /// Tells all to end and waits for them, for `patience` at most; how many are still in a handler.
    unsigned stop(Milliseconds patience) noexcept;

    [[nodiscard]] unsigned size() const noexcept { return alive_.load(); }

    static constexpr Milliseconds k_tick{5};

  private:
    struct Worker {
        std::atomic<std::uint64_t> turns{0}; ///< odd: it serves; even: it waits
        std::atomic<bool> ended{false};
        std::uint64_t turns_seen = 0; ///< by tick()
        int ticks_in_turn = 0;        ///< since then
        bool blocked = false;         ///< in that turn
        EventBatch batch;
        std::unique_ptr<Thread> thread;
    };

    void spawn();
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
    std::list<Worker> workers_; ///< of the thread that calls start, tick and stop
    std::atomic<unsigned> alive_{0};
    std::atomic<unsigned> waiting_{0};
    std::atomic<bool> ticking_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<unsigned> surplus_{0}; ///< how many workers may end
    int quiet_ticks_ = 0;
    int calm_ticks_ = 0;
};

} // namespace baton::engine
