// SPDX-License-Identifier: MIT
// One non-blocking client connection: connects, sends, receives and reports how it ended. It does not know HTTP.
#pragma once

#include "base/fd.hpp"
#include "load/event_loop.hpp"
#include "load/target.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::load {

class Wire final : private Handler {
  public:
    /// Calls from a connection to its owner. The owner may close and open the wire in any of them.
    class Owner {
      public:
        virtual void on_connected() = 0;
        virtual void on_bytes(std::string_view bytes) = 0;
        /// The connection has ended: errno of connect(2), send(2) or recv(2), or 0 for an orderly EOF.
        virtual void on_ended(int error_number) = 0;

      protected:
        ~Owner() = default;
    };

    Wire(EventLoop& loop, Owner& owner);

    /// Begins a connection to `target`, which must outlive it. Returns 0 or an errno; on an error, on_ended() is not
    /// called. May be connected() at once; otherwise on_connected() follows.
    [[nodiscard]] int open(const Target& target);
    void close() noexcept;
    /// Sends, and keeps the bytes that the socket does not take now. A broken connection leads to on_ended().
    void send(std::string_view bytes);
    /// Whether the peer has ended the connection; peeks with recv(2).
    [[nodiscard]] bool ended_unseen() const noexcept;

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(fd_); }
    [[nodiscard]] bool connected() const noexcept { return state_ == State::connected; }
    /// Whether the end arrived together with the bytes being handled now.
    [[nodiscard]] bool end_seen() const noexcept { return end_seen_; }
    /// The bytes given to send() that the socket has not taken yet.
    [[nodiscard]] std::size_t backlog() const noexcept { return out_.size() - out_sent_; }

  private:
    enum class State : std::uint8_t { closed, connecting, connected };

    void on_event(std::uint32_t events) override;
    [[nodiscard]] int try_connect();
    void finish_connect();
    void flush();
    void receive();
    void end(int error_number);

    EventLoop& loop_;
    Owner& owner_;
    const Target* target_ = nullptr;
    Timer again_; ///< a full queue of a unix listener produces no event to wait for
    Fd fd_;
    State state_ = State::closed;
    bool end_seen_ = false;
    int send_error_ = 0;
    std::uint64_t serial_ = 0; ///< counts connections, to see whether a callback replaced this one
    std::string out_;
    std::size_t out_sent_ = 0;
};

} // namespace baton::load
