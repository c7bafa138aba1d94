// SPDX-License-Identifier: MIT
// The result of a run. Plain data; report_text.hpp and report_json.hpp present it.
#pragma once

#include "load/clock.hpp"
#include "load/config.hpp"
#include "load/failure.hpp"
#include "load/histogram.hpp"
#include "load/identity.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baton::load {

/// Counts of one mode, or of all modes. They exclude pending requests.
struct Figures {
    std::uint64_t requests = 0; ///< answered + failed
    std::uint64_t answered = 0; ///< good replies
    FailureCounts failures;
    Histogram latency;        ///< of good replies, from the (planned) start to the last byte
    Duration longest_wait{0}; ///< the longest time of one request until its reply or failure
    Duration longest_gap{0};  ///< the longest time without a good reply while a request was pending

    [[nodiscard]] std::uint64_t failed() const noexcept { return failures.total(); }
};

struct ModeResult {
    ModeConfig mode;
    Figures figures;
};

/// One failed request, in full.
struct Example {
    TimePoint at;
    std::size_t mode = 0; ///< index in Result::modes
    Failure failure = Failure::local;
    std::string detail;      ///< errno text or what was wrong with the reply
    std::string answered_by; ///< "ver/pid" of the last good reply on that connection; empty: none
};

enum class StopReason : std::uint8_t { asked, duration, requests, until_file, until_version };
[[nodiscard]] std::string_view name(StopReason reason) noexcept;

struct Result {
    std::string target;
    std::chrono::system_clock::time_point started_utc; ///< the same instant as `started`
    TimePoint started;
    TimePoint stopped; ///< no new requests from here
    TimePoint ended;   ///< the last pending one was settled
    StopReason reason = StopReason::asked;

    Figures all; ///< here, longest_gap covers all modes together, until `stopped`
    std::vector<ModeResult> modes;
    std::vector<VersionSeen> versions;
    std::vector<Example> examples;     ///< the first few failures
    std::uint64_t connections = 0;     ///< connect(2) calls
    std::uint64_t closed_idle = 0;     ///< closed by the server between requests: not failures
    std::uint64_t close_announced = 0; ///< replies with Connection: close on a connection that we meant to keep
    Duration cpu{0};                   ///< of the generator's thread, user and system

    /// Requests were made and none failed.
    [[nodiscard]] bool ok() const noexcept { return all.requests > 0 && all.failed() == 0; }
    [[nodiscard]] std::uint64_t old_after_new() const noexcept;
    /// When `ver` first answered; nothing if it never did.
    [[nodiscard]] std::optional<TimePoint> first_answer(std::string_view ver) const noexcept;
};

} // namespace baton::load
