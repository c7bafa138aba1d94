// SPDX-License-Identifier: MIT
// The configuration of a run of the load generator: plain data and its validation. All defaults are here.
#pragma once

#include "load/clock.hpp"
#include "load/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baton::load {

enum class Mode : std::uint8_t { persistent, fresh, pipelined, slow, upload, stream, idle };

/// One kind of traffic. `mode` decides which fields matter; the others keep their defaults.
struct ModeConfig {
    Mode mode = Mode::persistent;
    std::size_t connections = 8;              ///< concurrent connections; not used by fresh
    double rate = 100;                        ///< fresh: new connections per second
    unsigned depth = 8;                       ///< pipelined: requests in one write
    Duration delay = std::chrono::seconds{1}; ///< slow: ms requested; stream: ms between chunks; upload: time to send
    Duration max_idle = std::chrono::seconds{8}; ///< idle: the longest pause; each pause is random, from 0 to this
    std::size_t body_bytes = 1 << 20;            ///< upload: size of the body
    unsigned pieces = 16;                        ///< upload: number of writes for the body; stream: chunks requested
    bool chunked = false;                        ///< upload: Transfer-Encoding: chunked instead of Content-Length
};

/// What counts as a good reply to GET path.
enum class Check : std::uint8_t {
    hello, ///< a JSON object with strings "ver" and "pid"
    any,   ///< any complete reply; versions are then unknown
};

struct Config {
    std::string target;            ///< in the form that Target takes
    std::vector<ModeConfig> modes; ///< at least one
    std::string path = "/hello";   ///< requested by persistent, fresh, pipelined and idle
    Check check = Check::hello;
    Duration timeout = std::chrono::seconds{10}; ///< for one request, from its (planned) start to its last byte
    std::optional<Duration> duration;            ///< stop after this; none: only stop(), until_file, until_version
    std::optional<std::uint64_t> requests;       ///< stop when this many have begun; a pipelined batch is not split
    std::string until_file;                      ///< stop when this path exists; empty: none
    std::string until_version;                   ///< stop immediately when a reply has this ver; empty: none

    std::function<void(const Progress&)> on_progress; ///< called once per second, in the generator's thread
    std::function<void()> on_ready; ///< called once, when every mode has had a good reply; same thread

    /// Throws Error (usage) if a number is out of range or cannot be met within the timeout.
    void validate() const;
};

} // namespace baton::load
