// SPDX-License-Identifier: MIT
#include "libbaton/service/service.hpp"

#include "base/error.hpp"
#include "base/number.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_access.hpp"
#include "sd/notify.hpp"

#include <baton/server.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace baton::service {

using engine::Instant;
using engine::Milliseconds;
using engine::now;
using engine::ServingState;
using engine::value;

namespace {

constexpr Milliseconds k_sweep_most{1000};
constexpr Milliseconds k_start_patience{5000};
constexpr std::size_t k_spare_descriptors = 64; // for listeners, files and descriptors that handlers open

/// Leaves descriptors for the program: beyond the limit, accept(2) and the program's open(2) would fail.
Options fitted(Options options) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max; // systemd's soft limit of 1024 is for select(2); an Acceptor leaves low
                                         // numbers to the program
        (void)::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur > 2 * k_spare_descriptors)
        options.limits.max_connections =
            std::min<std::size_t>(options.limits.max_connections, files.rlim_cur - k_spare_descriptors);
    return options;
}

/// Takes $BATON_IDLE_EXIT, in seconds: who runs the program decides whether it is run on demand.
Options with_idle_exit(Options options) {
    constexpr std::int64_t k_longest = 365LL * 24 * 60 * 60;
    const char* const text = std::getenv("BATON_IDLE_EXIT");
    if (text == nullptr || *text == '\0') return options;
    if (const auto seconds = parse_number<std::int64_t>(text, 0, k_longest))
        options.timeouts.idle_exit = std::chrono::seconds{*seconds};
    else
        engine::log(engine::Level::warning,
                    std::string{"reading $BATON_IDLE_EXIT: '"} + text + "' is not a number of seconds, ignored");
    return options;
}

Milliseconds sweep_interval(const Timeouts& times) {
    auto least = std::min({times.idle, times.head, times.body, times.write, times.linger});
    if (times.idle_exit > Milliseconds{0}) least = std::min(least, times.idle_exit);
    return std::clamp(least / 4, Milliseconds{5}, k_sweep_most);
}

/// The extent of a run: stop() has an effect only inside it, and no request from inside is left for the next run.
struct InRun {
    explicit InRun(engine::ServerState& the_state) : state{the_state} {
        state.stop_asked.store(false);
        state.in_run.store(true);
    }
    ~InRun() {
        state.in_run.store(false);
        state.drain_asked.store(false);
    }
    InRun(const InRun&) = delete;
    InRun& operator=(const InRun&) = delete;
    engine::ServerState& state;
};

} // namespace

Service::Service(Server& server, const Options& options, const std::string& journal)
    : server_{server},
      state_{engine::ServerAccess::state(server)},
      core_(server, state_, with_idle_exit(fitted(engine::with_settings(server, options, state_.task_queue)))),
      stop_line_{server},
      pool_(core_, [this] {
          saturated_.store(true);
          state_.wakeup.wake();
      }) {
    engine::install_hooks(server);
    core_.describe = [this] { return state_json(identity_, core_); };
    if (engine::AccessLog::is_wanted(options.access_log)) {
        access_log_ = std::make_unique<engine::AccessLog>(identity_.journal_lines(), journal);
        core_.access_log = access_log_.get();
    }
    core_.metrics = [this] { return metrics_.text(); };
    core_.accept = [this] {
        accept_asked_.store(true);
        state_.wakeup.wake();
    };
    core_.on_closed = [this] {
        if (core_.draining() && value(core_.counters.connections) == 0) state_.wakeup.wake();
    };
    sweep_interval_ = sweep_interval(core_.options.timeouts);
    if (const auto interval = sd::watchdog_interval())
        watchdog_interval_ = std::max(std::chrono::duration_cast<Milliseconds>(*interval / 4), Milliseconds{1});
}

void Service::run(std::vector<engine::Listener> listeners, Signals* signals) {
    state_.serving.store(ServingState::held);
    const InRun in_run{state_};
    start(std::move(listeners));
    idle_since_ = now();
    while (!finished()) {
        state_.wakeup.wait(until_next_due(), stop_line_.descriptor());
        if (signals != nullptr) look_at_signals(signals);
        if (stop_was_asked() && !core_.draining()) begin_stop(); // checked after the signals, which start a drain
        if (state_.drain_asked.exchange(false) && !core_.draining()) begin_drain();
        do_what_is_due();
    }
    finish();
    if (abandoned_) throw Error{"holding for the live release: baton died before it had switched to this one"};
}

void Service::start(std::vector<engine::Listener> listeners) {
    pool_.start();
    prove_alive();
    open_or_hold(std::move(listeners));
    hook_watch_.emplace(server_);
    next_sweep_ = now() + sweep_interval_;
    next_watchdog_ = now();
    stop_line_.set_running(true);
    (void)sd::notify("READY=1\nSTATUS=serving");
}

void Service::open_or_hold(std::vector<engine::Listener> listeners) {
    hold_ = Hold::from_environment();
    for (auto& listener : listeners) {
        if (listener.audience == engine::Audience::host)
            private_acceptors_.push_back(std::make_unique<engine::Acceptor>(core_, std::move(listener)));
        else
            held_listeners_.push_back(std::move(listener));
    }
    // Without a private socket, nobody could tell us to continue.
    if (hold_ && (is_beside() || !private_acceptors_.empty()))
        next_hold_tick_ = now();
    else
        open_held();
}

void Service::open_held() {
    for (auto& listener : held_listeners_)
        public_acceptors_.push_back(std::make_unique<engine::Acceptor>(core_, std::move(listener)));
    held_listeners_.clear();
    forget_hold();
    state_.serving.store(ServingState::serving);
}

void Service::forget_hold() {
    hold_.reset();
    next_hold_tick_ = engine::k_never;
}

/// Whether another server of this process has the private socket, and will be told to accept.
bool Service::is_beside() const {
    const char* const path = std::getenv("BATON_PRIVATE_SOCKET");
    return private_acceptors_.empty() && path != nullptr && *path != '\0' && engine::Counted::alive.load() > 1;
}

/// If `baton` has died, the recorded switch decides whether this release serves.
void Service::watch_hold() {
    next_hold_tick_ = now() + (private_acceptors_.empty() ? k_beside_tick : k_hold_tick);
    if (accept_asked_.exchange(false) || (private_acceptors_.empty() && hold_->is_live())) return open_held();
    if (hold_->baton_lives()) return;
    if (hold_->is_live()) return open_held();
    abandoned_ = true;
    begin_drain();
}

/// Waits until a worker has run: before that, READY=1 would be false.
void Service::prove_alive() const {
    auto& poller = const_cast<engine::Poller&>(core_.poller);
    poller.knock();
    const auto until = now() + k_start_patience;
    while (poller.knocks_answered() == 0) {
        if (now() > until) throw Error{"starting: no worker answers"};
        const timespec pause{.tv_sec = 0, .tv_nsec = 50'000};
        (void)::nanosleep(&pause, nullptr);
    }
}

void Service::look_at_signals(Signals* signals) {
    if (signals->take_hangups() > 0 && !core_.draining()) reload();
    for (int count = signals->take_terminations(); count > 0; --count) {
        const bool first = !std::exchange(told_by_signal_, true);
        if (!core_.draining())
            begin_drain();
        else if (first && core_.serving() == ServingState::stopping)
            drain_began_ = now(); // from here on its handlers have a deadline
        else if (!first && core_.serving() != ServingState::cutting)
            cut("a second signal");
    }
}

void Service::reload() {
    timespec time{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &time);
    const auto microseconds = time.tv_sec * 1'000'000LL + time.tv_nsec / 1000;
    (void)sd::notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
    for (const auto& callback : state_.reload_callbacks) {
        try {
            callback();
        } catch (...) {
            engine::log_current_exception("reloading");
        }
    }
    (void)sd::notify("READY=1\nSTATUS=serving");
}

void Service::do_what_is_due() {
    if (core_.serving() == ServingState::held && (accept_asked_.load() || now() >= next_hold_tick_)) watch_hold();
    if (saturated_.exchange(false)) next_tick_ = now() + engine::WorkerPool::k_tick;
    if (now() >= next_tick_) {
        const auto next = pool_.tick();
        next_tick_ = next == engine::WorkerPool::Next::soon ? now() + engine::WorkerPool::k_tick : engine::k_never;
    }
    if (now() >= next_sweep_) sweep();
    if (watchdog_interval_ > Milliseconds{0} && now() >= next_watchdog_) feed_watchdog();
    const bool is_late = core_.draining() && now() >= drain_began_ + core_.options.timeouts.drain;
    if (is_late && core_.serving() == ServingState::stopping && !told_by_signal_)
        give_up_clients();
    else if (is_late && core_.serving() != ServingState::cutting)
        cut("the drain's deadline");
}

void Service::sweep() {
    const auto time = now();
    core_.table.for_each([&](engine::Connection& connection) {
        const bool is_due = connection.deadline.load(std::memory_order_relaxed) <= time;
        // One that was just about to be parked has missed stop()'s poke.
        if (is_due || core_.serving() == ServingState::stopping) core_.poller.poke(connection);
    });
    core_.memory.tick();
    if (hook_watch_ && hook_watch_->sees_change(server_))
        engine::log(engine::Level::error, "serving: the program has set a hook, a handler, default headers, a timeout "
                                          "or a count while the server runs; it takes effect at the next listen(): set "
                                          "it before");
    next_sweep_ = now() + sweep_interval_;
    if (core_.draining())
        tell_drain_progress();
    else
        watch_idleness();
}

/// We are alive only if, since the last check, a worker answered our knock, handlers made progress, or a handler waits
/// for its client, which is bounded. Handlers that occupy all of max_workers and do none of this hang.
void Service::feed_watchdog() {
    const auto& activity = core_.activity;
    const auto progress = core_.poller.knocks_answered() + value(core_.counters.requests) + value(activity.pieces);
    if (progress != progress_seen_ || value(activity.client_waits) > 0) (void)sd::notify("WATCHDOG=1");
    progress_seen_ = progress;
    core_.poller.knock();
    next_watchdog_ = now() + watchdog_interval_;
}

void Service::watch_idleness() {
    const auto limit = core_.options.timeouts.idle_exit;
    const auto accepted = value(core_.counters.accepted);
    const bool idle =
        value(core_.counters.connections) == 0 && accepted == accepted_seen_ && core_.serving() != ServingState::held;
    accepted_seen_ = accepted;
    if (limit == Milliseconds{0} || !idle)
        idle_since_ = now();
    else if (now() - idle_since_ >= limit)
        begin_drain();
}

Milliseconds Service::until_next_due() const {
    auto due = std::min({next_tick_, next_sweep_, next_hold_tick_});
    if (watchdog_interval_ > Milliseconds{0}) due = std::min(due, next_watchdog_);
    // The coarse clock may show a few milliseconds less than poll(2) slept: add one, or the loop would spin meanwhile.
    return std::max(due - now(), Milliseconds{0}) + Milliseconds{1};
}

bool Service::finished() const noexcept {
    if (!core_.draining()) return false;
    return value(core_.counters.connections) == 0 || now() >= cut_at_ + k_end_patience;
}

} // namespace baton::service
