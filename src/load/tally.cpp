// SPDX-License-Identifier: MIT
// Counts requests and adds up the results.
#include "load/tally.hpp"

#include <algorithm>
#include <utility>

namespace baton::load {

Tally::Tally(const std::vector<ModeConfig>& modes) : unready_{modes.size()} {
    books_.reserve(modes.size());
    for (const auto& mode : modes)
        books_.push_back({mode, {}, {}});
}

void Tally::start(std::size_t mode, std::uint64_t count, TimePoint now) {
    books_[mode].gap.start(count, now);
    gap_.start(count, now);
    begun_ += count;
    if (limit && begun_ >= *limit && on_limit) on_limit();
}

void Tally::answer(std::size_t mode, TimePoint planned, TimePoint now) {
    auto& [config, figures, gap] = books_[mode];
    const auto took = now - planned;
    figures.latency.record(took);
    figures.longest_wait = std::max(figures.longest_wait, took);
    gap.answer(now);
    gap_.answer(now);
    ++interval_answered_;
    interval_slowest_ = std::max(interval_slowest_, took);
    if (figures.answered++ == 0 && --unready_ == 0 && on_ready) on_ready();
    settled();
}

void Tally::fail(const Example& failure, TimePoint planned) {
    auto& [config, figures, gap] = books_[failure.mode];
    figures.failures.add(failure.failure);
    figures.longest_wait = std::max(figures.longest_wait, failure.at - planned);
    gap.give_up(failure.at);
    gap_.give_up(failure.at);
    ++failed_;
    if (examples_.size() < k_examples) examples_.push_back(failure);
    settled();
}

void Tally::identify(std::size_t index, TimePoint connected, TimePoint now) {
    roster_.count(index, connected, now);
    if (const auto& entry = roster_.seen()[index]; entry.replies == 1 && on_newcomer) on_newcomer(entry);
}

void Tally::stop(TimePoint now) noexcept {
    gap_.freeze(now);
    for (auto& book : books_)
        book.gap.freeze(now);
}

Progress Tally::progress() {
    Progress progress;
    progress.answered = std::exchange(interval_answered_, 0);
    progress.slowest = std::exchange(interval_slowest_, Duration::zero());
    progress.failed = failed_;
    progress.pending = pending();
    if (const auto* newest = roster_.newest()) {
        progress.newest_ver = newest->ver;
        progress.newest_pid = newest->pid;
    }
    return progress;
}

Result Tally::result() const {
    Result result;
    for (const auto& book : books_) {
        auto& mode = result.modes.emplace_back(ModeResult{book.mode, book.figures});
        mode.figures.requests = mode.figures.answered + mode.figures.failed();
        mode.figures.longest_gap = book.gap.longest();
        result.all.requests += mode.figures.requests;
        result.all.answered += mode.figures.answered;
        result.all.failures.merge(mode.figures.failures);
        result.all.latency.merge(mode.figures.latency);
        result.all.longest_wait = std::max(result.all.longest_wait, mode.figures.longest_wait);
    }
    result.all.longest_gap = gap_.longest();
    result.versions = roster_.seen();
    result.examples = examples_;
    result.connections = connections_;
    result.closed_idle = closed_idle_;
    result.close_announced = close_announced_;
    return result;
}

} // namespace baton::load
