// SPDX-License-Identifier: MIT
// The counts of a run: every request is recorded when it starts and when it ends. No I/O and no clock of its own.
#pragma once

#include "load/gap_meter.hpp"
#include "load/identity.hpp"
#include "load/progress.hpp"
#include "load/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baton::load {

class Tally {
  public:
    explicit Tally(const std::vector<ModeConfig>& modes);

    /// `count` requests of modes[mode] begin.
    void start(std::size_t mode, std::uint64_t count, TimePoint now);
    /// One of them got a good reply; `planned` is when the request was due.
    void answer(std::size_t mode, TimePoint planned, TimePoint now);
    /// One of them failed.
    void fail(const Example& failure, TimePoint planned);
    /// seen()[index] of the roster answered on a connection made at `connected`.
    void identify(std::size_t index, TimePoint connected, TimePoint now);

    void count_connection() noexcept { ++connections_; }
    void count_closed_idle() noexcept { ++closed_idle_; }
    void count_close_announced() noexcept { ++close_announced_; }

    /// No new requests follow; gaps are no longer measured.
    void stop(TimePoint now) noexcept;

    [[nodiscard]] std::uint64_t pending() const noexcept { return gap_.pending(); }
    /// Every mode has had a good reply.
    [[nodiscard]] bool ready() const noexcept { return unready_ == 0; }
    [[nodiscard]] Roster& roster() noexcept { return roster_; }
    /// The state since the last call; `elapsed` is left to the caller.
    [[nodiscard]] Progress progress();
    /// All counts; the caller adds target, times, reason and cpu.
    [[nodiscard]] Result result() const;

    std::optional<std::uint64_t> limit;                  ///< the maximum number of requests begun
    std::function<void()> on_limit;                      ///< when `limit` is reached
    std::function<void()> on_ready;                      ///< once
    std::function<void()> on_drained;                    ///< when no request is pending any more
    std::function<void(const VersionSeen&)> on_newcomer; ///< at each process's first reply

    static constexpr std::size_t k_examples = 20; // enough to see a pattern, few enough to read

  private:
    void settled() const {
        if (pending() == 0 && on_drained) on_drained();
    }
    struct Book {
        ModeConfig mode;
        Figures figures;
        GapMeter gap;
    };

    std::vector<Book> books_;
    GapMeter gap_;
    Roster roster_;
    std::vector<Example> examples_;
    std::size_t unready_;
    std::uint64_t begun_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t closed_idle_ = 0;
    std::uint64_t close_announced_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t interval_answered_ = 0;
    Duration interval_slowest_{0};
};

} // namespace baton::load
