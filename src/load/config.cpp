// SPDX-License-Identifier: MIT
// Validation of a run's configuration.
#include "load/config.hpp"

#include "base/error.hpp"
#include "load/modes.hpp"

#include <fmt/format.h>

namespace baton::load {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::size_t k_most_connections = 100'000; // more than the ephemeral ports of one address
constexpr double k_highest_rate = 100'000;          // new connections per second; more than one core can open
constexpr unsigned k_most_pieces = 1'000'000;
constexpr std::size_t k_longest_body = 1ULL << 30; // 1 GiB: each upload in flight holds its body in memory
constexpr Duration k_longest_wait = std::chrono::hours{24 * 365};

long long ms(Duration duration) {
    return duration_cast<milliseconds>(duration).count();
}

void require(bool holds, const ModeConfig& mode, std::string_view expected) {
    if (!holds) throw Error{fmt::format("reading the mode '{}': {}", label(mode), expected), error_kind::usage};
}

/// The least time that a good request of `mode` takes by its own settings.
Duration least_time(const ModeConfig& mode) {
    switch (mode.mode) {
    case Mode::slow:
    case Mode::upload:
        return mode.delay;
    case Mode::stream:
        return mode.delay * mode.pieces;
    default:
        return Duration::zero();
    }
}

void validate_mode(const ModeConfig& mode, Duration timeout) {
    require(mode.connections >= 1 && mode.connections <= k_most_connections, mode,
            fmt::format("expected 1 to {} connections", k_most_connections));
    require(mode.rate > 0 && mode.rate <= k_highest_rate, mode,
            fmt::format("expected a rate above 0 and up to {} a second", k_highest_rate));
    require(mode.depth >= 1 && mode.depth <= 1000, mode, "expected a depth of 1 to 1000");
    require(mode.pieces >= 1 && mode.pieces <= k_most_pieces, mode,
            fmt::format("expected 1 to {} pieces", k_most_pieces));
    require(mode.body_bytes <= k_longest_body, mode, "expected a body of at most 1 GiB");
    require(mode.delay >= Duration::zero() && mode.delay <= k_longest_wait, mode, "expected a time up to a year");
    require(mode.max_idle >= Duration::zero() && mode.max_idle <= k_longest_wait, mode, "expected a time up to a year");
    require(least_time(mode) < timeout, mode,
            fmt::format("takes {} ms by itself, but the timeout is {} ms", ms(least_time(mode)), ms(timeout)));
}

} // namespace

void Config::validate() const {
    if (modes.empty()) throw Error{"reading the modes: none given", error_kind::usage};
    if (timeout <= Duration::zero() || timeout > k_longest_wait)
        throw Error{"reading the timeout: expected more than 0 and up to a year", error_kind::usage};
    if (duration && (*duration <= Duration::zero() || *duration > k_longest_wait))
        throw Error{"reading the duration: expected more than 0 and up to a year", error_kind::usage};
    if (requests && *requests == 0)
        throw Error{"reading the number of requests: expected 1 or more", error_kind::usage};
    if (!path.starts_with('/') || path.find_first_of(" \t\r\n") != std::string::npos)
        throw Error{fmt::format("reading the path '{}': expected '/' first and no spaces", path), error_kind::usage};
    for (const auto& mode : modes)
        validate_mode(mode, timeout);
}

} // namespace baton::load
