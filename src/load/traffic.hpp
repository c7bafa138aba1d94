// SPDX-License-Identifier: MIT
// When requests begin: closed loops (N clients, the next request after the reply) and an open loop (a fixed rate).
#pragma once

#include "load/client.hpp"

#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace baton::load {

/// The requests of one mode.
class Traffic {
  public:
    Traffic() = default;
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;
    virtual ~Traffic() = default;

    /// Begins requests from `now` on.
    virtual void start(TimePoint now) = 0;
    /// Begins no more requests; pending ones go on.
    virtual void stop() noexcept = 0;
};

/// N clients; each pauses a random time up to max_pause between a reply and its next request.
class ClosedLoop final : public Traffic {
  public:
    ClosedLoop(const ClientSetting& setting, std::size_t clients, Duration max_pause);
    void start(TimePoint now) override;
    void stop() noexcept override;

    /// After a failure a client waits this long, so a dead server does not use up our processor.
    static constexpr auto k_pause_after_failure = std::chrono::milliseconds{10};
    /// The clients begin this far apart, 50,000 per second, so no listener's queue overflows.
    static constexpr auto k_ramp = std::chrono::microseconds{20};

  private:
    /// A client and its pause.
    class Seat final : private Client::Driver {
      public:
        Seat(ClosedLoop& loop, const ClientSetting& setting);
        void begin_at(TimePoint when) { pause_.arm(when); }
        void stop() noexcept { pause_.disarm(); }

      private:
        void on_batch_over(Client& client, Client::Outcome outcome, TimePoint now) override;
        ClosedLoop& loop_;
        Client client_;
        Timer pause_;
    };

    Duration draw_pause();

    std::deque<Seat> seats_;
    Duration max_pause_;
    std::mt19937_64 random_{std::random_device{}()};
    bool stopped_ = false;
};

/// A new client, on a new connection, at each tick of a rate. The latency of a late request counts from its due time.
class OpenLoop final : public Traffic, private Client::Driver {
  public:
    OpenLoop(const ClientSetting& setting, double per_second);
    void start(TimePoint now) override;
    void stop() noexcept override {
        stopped_ = true;
        tick_.disarm();
    }

  private:
    void on_tick(TimePoint now);
    void on_batch_over(Client& client, Client::Outcome outcome, TimePoint now) override;
    Client::Driver& driver() noexcept { return *this; } ///< emplace_back() cannot access a private base
    [[nodiscard]] TimePoint due(std::uint64_t tick) const noexcept;

    ClientSetting setting_;
    double per_second_;
    Timer tick_;
    TimePoint start_;
    std::uint64_t ticks_ = 0;
    bool stopped_ = false;
    std::deque<Client> clients_;
    std::vector<Client*> free_;
};

/// The traffic of `mode`.
[[nodiscard]] std::unique_ptr<Traffic> make_traffic(const ModeConfig& mode, const ClientSetting& setting);

} // namespace baton::load
