// SPDX-License-Identifier: MIT
// The failure classes of requests, and the pure rule that picks one. No I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::load {

enum class Failure : std::uint8_t {
    refused,       ///< no connection: ECONNREFUSED, no such socket, unreachable
    reset,         ///< a new connection ended (EOF or RST) before the first byte of a reply
    closed_reused, ///< a connection that had answered before ended after our next request, without a byte of reply
    cut,           ///< the reply began but did not complete
    bad_status,    ///< a complete reply, but not 2xx
    bad_body,      ///< a reply that is not HTTP, is longer than it says, or has the wrong content
    timeout,       ///< no complete reply within the limit
    local,         ///< our own side: no descriptor, port or memory left; says nothing about the server
};
inline constexpr std::size_t k_failure_count = 8;

/// All classes in the order of reports.
[[nodiscard]] const std::array<Failure, k_failure_count>& all_failures() noexcept;
/// The name in JSON: "closed_reused".
[[nodiscard]] std::string_view name(Failure failure) noexcept;
/// A few words for people: "closed on a reused connection".
[[nodiscard]] std::string_view describe(Failure failure) noexcept;

/// The stage of a connection that ended while a request was waiting for its reply.
enum class Stage : std::uint8_t {
    connecting,   ///< connect(2) had not succeeded yet
    first_unsaid, ///< connected, no reply yet on this connection
    next_unsaid,  ///< earlier replies on this connection, but no byte of this one
    replying,     ///< part of this reply had arrived
};
/// The class of a connection that ended at `stage` with `error_number` (errno; 0 is an orderly EOF).
[[nodiscard]] Failure classify(Stage stage, int error_number) noexcept;

/// How many requests ended in each class.
class FailureCounts {
  public:
    [[nodiscard]] std::uint64_t operator[](Failure failure) const noexcept {
        return counts_[static_cast<std::size_t>(failure)];
    }
    void add(Failure failure, std::uint64_t count = 1) noexcept { counts_[static_cast<std::size_t>(failure)] += count; }
    void merge(const FailureCounts& other) noexcept;
    [[nodiscard]] std::uint64_t total() const noexcept;

  private:
    std::array<std::uint64_t, k_failure_count> counts_{};
};

} // namespace baton::load
