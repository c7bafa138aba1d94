// SPDX-License-Identifier: MIT
#include "libbaton/work/worker_pool.hpp"

#include "base/error.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/work/session.hpp"

#include <poll.h>

#include <algorithm>
#include <thread>

namespace baton::engine {
namespace {

constexpr Milliseconds k_idle_end{10'000}; // a worker beyond the initial ones ends after waiting this long
constexpr Milliseconds k_back_off{1000};   // the wait after a thread could not be made
constexpr Milliseconds k_complaint_interval{10'000};
constexpr int k_quiet_ticks = 20;

unsigned base_size(unsigned wanted) {
    return wanted != 0 ? wanted : std::max(2U, std::thread::hardware_concurrency());
}

} // namespace

WorkerPool::WorkerPool(Core& core, std::function<void()> on_saturated)
    : core_{core}, on_saturated_{std::move(on_saturated)}, base_{base_size(core.options.workers)} {}

WorkerPool::~WorkerPool() {
    (void)stop(Milliseconds::max());
}

void WorkerPool::start() {
    while (workers_.size() < base_)
        spawn();
}

void WorkerPool::spawn() {
    auto& worker = workers_.emplace_back();
    const bool permanent = workers_.size() <= base_;
    alive_.fetch_add(1);
    try {
        worker.thread = std::make_unique<Thread>(
            "baton-worker", [this, &worker, permanent] { work(worker, permanent); }, SignalMask::inherited);
    } catch (const Error&) {
        alive_.fetch_sub(1);
        workers_.pop_back();
        throw;
    }
}

void WorkerPool::work(Worker& self, bool permanent) noexcept {
    Session session{core_};
    while (!stopping_.load(std::memory_order_relaxed)) {
        waiting_.fetch_add(1);
        const auto events = core_.poller.wait(permanent ? std::optional<Milliseconds>{} : k_idle_end, self.batch);
        const bool nobody_left = waiting_.fetch_sub(1) == 1;
        const bool ends = !permanent && (events.timed_out || may_retire());
        // If no worker waits, or events are in our batch, a blocking handler would hold others up: let tick() check.
        const bool more_wait = events.count + (events.connection != nullptr ? 1 : 0) > 1;
        if ((nobody_left || more_wait) && !ticking_.load() && !ticking_.exchange(true)) on_saturated_();
        if (events.connection != nullptr) serve(self, session, *events.connection);
        for (auto key = self.batch.take(); key != 0; key = self.batch.take())
            if (auto* const connection = core_.table.claim(key)) serve(self, session, *connection);
        if (ends) break;
    }
    alive_.fetch_sub(1);
    self.ended.store(true);
    if (stopping_.load()) core_.poller.knock(); // one knock wakes one worker: pass it on
}

void WorkerPool::serve(Worker& self, Session& session, Connection& connection) noexcept {
    self.turns.fetch_add(1, std::memory_order_relaxed);
    session.serve(connection);
    self.turns.fetch_add(1, std::memory_order_relaxed);
}

/// Whether its handler blocks the worker, that is, waits for something in this turn. If a handler only waits for a
/// processor, more workers do not help, unless it goes on for too long.
bool WorkerPool::look_at(Worker& worker) noexcept {
    constexpr int k_most_busy_ticks = 20;
    const auto turns = worker.turns.load(std::memory_order_relaxed);
    if (turns != worker.turns_seen) {
        worker.turns_seen = turns;
        worker.ticks_in_turn = 0;
        worker.blocked = false;
    } else if (turns % 2 == 1 && !worker.blocked) {
        worker.blocked = ++worker.ticks_in_turn > k_most_busy_ticks || !worker.thread->is_runnable();
    }
    return worker.blocked;
}

/// Counts the blocked workers, and gives the events that they hold to others.
unsigned WorkerPool::look_for_blocked() {
    unsigned blocked = 0;
    for (auto& worker : workers_) {
        if (!look_at(worker)) continue;
        ++blocked;
        for (auto key = worker.batch.take(); key != 0; key = worker.batch.take())
            core_.poller.pass_on(key);
    }
    return blocked;
}

bool WorkerPool::may_retire() noexcept {
    auto surplus = surplus_.load(std::memory_order_relaxed);
    while (surplus > 0)
        if (surplus_.compare_exchange_weak(surplus, surplus - 1)) return true;
    return false;
}

/// Surplus threads cost a tenth of the speed: if there has been a surplus for a second, half of it may end.
void WorkerPool::retire_surplus(unsigned blocked) noexcept {
    constexpr int k_calm_ticks = 200;
    const auto total = alive_.load();
    const auto needed = base_ + blocked;
    calm_ticks_ = total > needed ? calm_ticks_ + 1 : 0;
    if (total <= needed) surplus_.store(0);
    if (calm_ticks_ < k_calm_ticks) return;
    calm_ticks_ = 0;
    surplus_.store((total - needed + 1) / 2);
}

bool WorkerPool::events_wait() const noexcept {
    pollfd wanted{.fd = core_.poller.descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 0) > 0;
}

void WorkerPool::reap() {
    workers_.remove_if([](const Worker& worker) { return worker.ended.load(); }); // joins the thread
}

WorkerPool::Next WorkerPool::tick() {
    reap();
    const auto blocked = look_for_blocked();
    retire_surplus(blocked);
    quiet_ticks_ = waiting_.load(std::memory_order_relaxed) > 0 ? quiet_ticks_ + 1 : 0;
    if (quiet_ticks_ > k_quiet_ticks && alive_.load() <= base_ + blocked) {
        quiet_ticks_ = 0;
        ticking_.store(false);
        if (waiting_.load() > 0)
            return Next::when_saturated; // otherwise the last waiter may still have seen ticking_ set
        ticking_.store(true);
    }
    const auto total = alive_.load();
    const auto at_most = core_.options.max_workers > total ? core_.options.max_workers - total : 0;
    const auto free = total > blocked ? total - blocked : 0;
    if (free < base_ && at_most > 0 && now() >= full_until_ && events_wait())
        spawn_more(std::min(std::max(base_ - free, blocked / 2), at_most));
    return Next::soon;
}

void WorkerPool::spawn_more(unsigned count) {
    try {
        for (; count > 0; --count)
            spawn();
    } catch (const Error& error) {
        full_until_ = now() + k_back_off;
        if (now() < silent_until_) return;
        silent_until_ = now() + k_complaint_interval;
        log(Level::warning, std::string{error.what()} + "; requests wait for the threads that there are");
    }
}

unsigned WorkerPool::stop(Milliseconds patience) noexcept {
    stopping_.store(true);
    core_.poller.knock();
    const auto until = patience == Milliseconds::max() ? k_never : now() + patience;
    while (alive_.load() > 0 && now() < until) {
        core_.poller.knock();
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    const auto left = alive_.load();
    if (left == 0) workers_.clear();
    return left;
}

} // namespace baton::engine
