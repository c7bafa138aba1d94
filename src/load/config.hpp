// SPDX-License-Identifier: MIT
// What a run of the load generator shall do. Plain data and its validation; no defaults live elsewhere.
#pragma once

#include "load/clock.hpp"
#include "load/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::load {

enum class Mode : std::uint8_t { persistent, fresh, pipelined, slow, upload, stream, idle };
[[nodiscard]] std::string_view name(Mode mode) noexcept;

/// One kind of traffic. Which fields matter depends on `mode`; the others keep their defaults.
struct ModeConfig {
    Mode mode = Mode::persistent;
    std::size_t connections = 8;              ///< concurrent connections; not for fresh
    double rate = 100;                        ///< fresh: new connections a second
    unsigned depth = 8;                       ///< pipelined: requests in one write
    Duration delay = std::chrono::seconds{1}; ///< slow: ms asked for; stream: ms between chunks; upload: time to send
    Duration max_idle = std::chrono::seconds{8}; ///< idle: the longest pause; each is drawn from 0 to this
    std::size_t body_bytes = 1 << 20;            ///< upload: size of the body
    unsigned pieces = 16;                        ///< upload: writes the body is sent in; stream: chunks asked for
    bool chunked = false;                        ///< upload: Transfer-Encoding: chunked instead of Content-Length

    /// "persistent=32", "upload=4:bytes=1048576:ms=1000": what mode_text.hpp reads back.
    [[nodiscard]] std::string label() const;
};

/// What a good reply of GET path is.
enum class Check : std::uint8_t {
    hello, ///< a JSON object with strings "ver" and "pid"
    any,   ///< anything complete; then no versions are known
};

struct Config {
    std::string target;            ///< as Target takes it
    std::vector<ModeConfig> modes; ///< at least one
    std::string path = "/hello";   ///< asked by persistent, fresh, pipelined and idle
    Check check = Check::hello;
    Duration timeout = std::chrono::seconds{10}; ///< for one request, from its (planned) start to its last byte
    std::optional<Duration> duration;            ///< stop after this; none: only stop(), until_file, until_version
    std::optional<std::uint64_t> requests;       ///< stop when this many have begun; a pipelined batch is not split
    std::string until_file;                      ///< stop when this path exists; empty: none
    std::string until_version;                   ///< stop at once when a reply has this ver; empty: none

    std::function<void(const Progress&)> on_progress; ///< once a second, in the generator's thread
    std::function<void()> on_ready;                   ///< once, when every mode has had a good reply; same thread

    /// Throws Error (usage) when a number is out of range or cannot be met within the timeout.
    void validate() const;
};

} // namespace baton::load
