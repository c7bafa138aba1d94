// SPDX-License-Identifier: MIT
// The output of a reply: gathered, so head and body leave in one send, and kept while the client is slow.
#pragma once

#include "libbaton/io/counters.hpp"
#include "libbaton/io/time.hpp"

#include <baton/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace baton::engine {

class Output {
  public:
    explicit Output(Activity& activity) noexcept : activity_{activity} {}

    /// Begins or continues a reply on `socket`; no other reply may be unsent. Adds the number of bytes sent to
    /// `sent_bytes`.
    void open(int socket, ShardedCount& sent_bytes) noexcept;
    /// Adds bytes, and sends if enough have gathered. Never waits.
    void append(std::string_view bytes);
    /// Discards the unsent bytes.
    void discard() noexcept;
    /// Sends what the socket takes now, and keeps the rest.
    void flush() noexcept;
    /// Waits until at most `bytes` are unsent. Gives up a client that takes nothing for `patience`, or is slower than
    /// the minimum pace.
    void drain_to(std::size_t bytes, Milliseconds patience, const Limits& limits) noexcept;
    /// Leaves the unsent bytes in `unsent`, from `sent` on.
    void keep(std::string& unsent, std::size_t& sent);
    /// Frees the memory of a large reply after it is sent: the next one may take a while.
    void give_back() noexcept;

    /// The number since open().
    [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return reply_bytes_; }
    [[nodiscard]] std::size_t unsent_bytes() const noexcept { return buffer_.size() - sent_; }
    enum class Client : std::uint8_t {
        there,
        ended, ///< it sends no more, but may still read
        gone,  ///< nobody would see the provider's next output
    };
    [[nodiscard]] Client client() const noexcept;
    /// Whether the client is gone or too slow: nothing more can be sent.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

  private:
    void append_large(std::string_view bytes);
    void count(std::size_t sent) noexcept;

    Activity& activity_;
    std::string buffer_;
    std::size_t sent_ = 0;
    std::uint64_t reply_bytes_ = 0;
    ShardedCount* sent_bytes_ = nullptr;
    int socket_ = -1;
    bool broken_ = false;
};

enum class Sent : std::uint8_t { all, some, failed };
/// Sends as much of `bytes` as the socket takes now, without waiting and without SIGPIPE; adds it to `sent`.
[[nodiscard]] Sent send_some(int socket, std::string_view bytes, std::size_t& sent) noexcept;

/// Sends 100 (Continue), RFC 9110 section 15.2.1, and notes in `said` whether all of it has gone. Returns the bytes
/// sent.
std::size_t say_continue(int socket, bool& said) noexcept;

} // namespace baton::engine
