// SPDX-License-Identifier: MIT
// Runs a server from its sockets to its exit: starts the threads, notifies systemd, keeps the timeouts, drains.
#pragma once

#include "libbaton/route/server_state.hpp"
#include "libbaton/service/hold.hpp"
#include "libbaton/service/identity.hpp"
#include "libbaton/service/metrics.hpp"
#include "libbaton/service/signals.hpp"
#include "libbaton/service/stop_line.hpp"
#include "libbaton/work/acceptor.hpp"
#include "libbaton/work/core.hpp"
#include "libbaton/work/hooks.hpp"
#include "libbaton/work/worker_pool.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace baton::service {

class Service {
  public:
    /// `journal` is the destination of the access log, if enabled. Throws Error.
    Service(Server& server, const Options& options, const std::string& journal = engine::AccessLog::k_journal);

    /// Serves `listeners` until told to end, and drains. `signals` may be nullptr: then only Server::drain() ends it.
    /// Throws Error if it cannot begin, or if it ends because `baton` died before the switch to this release.
    void run(std::vector<engine::Listener> listeners, Signals* signals);

    [[nodiscard]] const engine::Wakeup& wakeup() const noexcept { return state_.wakeup; }

  private:
    static constexpr engine::Milliseconds k_hold_tick{50};      ///< between two checks whether `baton` still lives
    static constexpr engine::Milliseconds k_beside_tick{5};     ///< between two checks whether this release is live
    static constexpr engine::Milliseconds k_end_patience{2000}; ///< for handlers to return after the cut

    void start(std::vector<engine::Listener> listeners);
    void prove_alive() const;
    /// Takes the public listeners, unless another release must still have them.
    void open_or_hold(std::vector<engine::Listener> listeners);
    void open_held();
    void forget_hold();
    void watch_hold();
    [[nodiscard]] bool is_beside() const;
    void look_at_signals(Signals* signals);
    void reload();
    void begin_drain(engine::ServingState how = engine::ServingState::draining);
    void begin_stop();
    void give_up_clients();
    [[nodiscard]] bool stop_was_asked();
    void cut(const char* why);
    void finish();
    void do_what_is_due();
    void sweep();
    void feed_watchdog();
    void tell_drain_progress() const;
    void watch_idleness();
    [[nodiscard]] engine::Milliseconds until_next_due() const;
    [[nodiscard]] bool finished() const noexcept;

    Server& server_;
    engine::ServerState& state_;
    engine::Core core_;
    Identity identity_ = Identity::from_environment();
    engine::StopLine stop_line_;
    std::optional<engine::HookWatch> hook_watch_; ///< set while the server runs
    std::unique_ptr<engine::AccessLog> access_log_;
    engine::WorkerPool pool_;
    Metrics metrics_{identity_, core_, pool_};
    std::vector<std::unique_ptr<engine::Acceptor>> public_acceptors_;
    std::vector<std::unique_ptr<engine::Acceptor>> private_acceptors_;
    std::vector<engine::Listener> held_listeners_;
    std::optional<Hold> hold_; ///< set while held
    std::atomic<bool> accept_asked_{false};
    bool told_by_signal_ = false; ///< a signal has asked for the end
    bool abandoned_ = false;      ///< baton died before the switch to this release
    std::atomic<bool> saturated_{false};

    engine::Milliseconds sweep_interval_{};
    engine::Milliseconds watchdog_interval_{}; ///< zero: no watchdog
    engine::Instant next_sweep_{};
    engine::Instant next_watchdog_{};
    engine::Instant next_tick_ = engine::k_never;
    engine::Instant next_hold_tick_ = engine::k_never;
    engine::Instant idle_since_{};
    std::uint64_t accepted_seen_ = 0;
    engine::Instant drain_began_{};
    engine::Instant cut_at_ = engine::k_never - k_end_patience;
    std::uint64_t progress_seen_ = 0;
};

} // namespace baton::service
