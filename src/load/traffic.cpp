// SPDX-License-Identifier: MIT
// The closed and the open loop.
#include "load/traffic.hpp"

namespace baton::load {

ClosedLoop::ClosedLoop(const ClientSetting& setting, std::size_t clients, Duration max_pause) : max_pause_{max_pause} {
    for (std::size_t i = 0; i < clients; ++i)
        seats_.emplace_back(*this, setting);
}

void ClosedLoop::start(TimePoint now) {
    for (auto& seat : seats_) {
        seat.begin_at(now);
        now += k_ramp;
    }
}

void ClosedLoop::stop() noexcept {
    stopped_ = true;
    for (auto& seat : seats_)
        seat.stop();
}

Duration ClosedLoop::draw_pause() {
    return Duration{std::uniform_int_distribution<Duration::rep>{0, max_pause_.count()}(random_)};
}

ClosedLoop::Seat::Seat(ClosedLoop& loop, const ClientSetting& setting)
    : loop_{loop}, client_{setting, *this}, pause_(setting.loop, [this](TimePoint now) {
          client_.begin_after_pause(now);
      }) {}

void ClosedLoop::Seat::on_batch_over(Client& client, Client::Outcome outcome, TimePoint now) {
    if (loop_.stopped_) return;
    if (outcome == Client::Outcome::failed)
        begin_at(now + k_pause_after_failure);
    else if (loop_.max_pause_ > Duration::zero())
        begin_at(now + loop_.draw_pause());
    else
        client.begin(now);
}

OpenLoop::OpenLoop(const ClientSetting& setting, double per_second)
    : setting_{setting}, per_second_{per_second}, tick_{setting.loop, [this](TimePoint now) { on_tick(now); }} {}

void OpenLoop::start(TimePoint now) {
    start_ = now;
    tick_.arm(now);
}

TimePoint OpenLoop::due(std::uint64_t tick) const noexcept {
    const std::chrono::duration<double> after{static_cast<double>(tick) / per_second_};
    return start_ + std::chrono::duration_cast<Duration>(after);
}

void OpenLoop::on_tick(TimePoint now) {
    for (; due(ticks_) <= now && !stopped_; ++ticks_) {
        if (free_.empty()) free_.push_back(&clients_.emplace_back(setting_, driver()));
        auto& client = *free_.back();
        free_.pop_back();
        client.begin(due(ticks_));
    }
    if (!stopped_) tick_.arm(due(ticks_));
}

void OpenLoop::on_batch_over(Client& client, Client::Outcome, TimePoint) {
    client.close();
    free_.push_back(&client);
}

std::unique_ptr<Traffic> make_traffic(const ModeConfig& mode, const ClientSetting& setting) {
    if (mode.mode == Mode::fresh) return std::make_unique<OpenLoop>(setting, mode.rate);
    const auto max_pause = mode.mode == Mode::idle ? mode.max_idle : Duration::zero();
    return std::make_unique<ClosedLoop>(setting, mode.connections, max_pause);
}

} // namespace baton::load
