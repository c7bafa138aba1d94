// SPDX-License-Identifier: MIT
// The received but unused bytes of a connection: a worker's own buffer, lent to one connection at a time.
#pragma once

#include "libbaton/io/counters.hpp"
#include "libbaton/io/time.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace baton::engine {

enum class Received : std::uint8_t { some, nothing, end, failed, full };

class Input {
  public:
    Input(std::size_t capacity, Activity& activity)
        : activity_{activity}, buffer_{std::make_unique_for_overwrite<char[]>(capacity)}, capacity_{capacity} {}

    /// Where the end of the input is seen. A short read means that there is no more, unless an end may follow it.
    enum class ShortRead : std::uint8_t { drains, tells_nothing };
    /// Begins with `unread`, which is emptied. Adds the number of bytes received from now on to `received_bytes`.
    void open(std::string& unread, ShortRead short_read, ShardedCount& received_bytes) noexcept;
    /// Leaves the unused bytes in `unread`. Throws std::bad_alloc.
    void keep(std::string& unread) const;

    [[nodiscard]] std::string_view view() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes) noexcept;
    /// Between two requests.
    void skip_empty_lines() noexcept;
    /// Whether there is more than the beginning of an empty line.
    [[nodiscard]] bool has_message() const noexcept { return !view().empty() && view() != "\r"; }
    [[nodiscard]] bool full() const noexcept { return begin_ == 0 && end_ == capacity_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Whether the socket was empty at the last receive: later input has made, or will make, an event.
    [[nodiscard]] bool drained() const noexcept { return drained_; }
    /// Receives once, without waiting. This invalidates earlier views.
    Received receive(int socket) noexcept;
    /// Receives, waiting for at most `patience`; `nothing` on timeout.
    Received receive(int socket, Milliseconds patience) noexcept;

  private:
    Activity& activity_;
    std::unique_ptr<char[]> buffer_; ///< not zeroed: its pages cost nothing until their first use
    std::size_t capacity_;
    ShardedCount* received_bytes_ = nullptr;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool drained_ = false;
    ShortRead short_read_ = ShortRead::drains;
};

/// Waits for `events` (poll(2)); false: `patience` is over. The wait is counted for the watchdog.
[[nodiscard]] bool wait_for(int socket, short events, Milliseconds patience, Activity& activity) noexcept;

} // namespace baton::engine
