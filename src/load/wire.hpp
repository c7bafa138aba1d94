// SPDX-License-Identifier: MIT
// One non-blocking client connection: connects, sends, receives and tells how it ended. It knows no HTTP.
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
    /// What a connection tells its owner. The owner may close and open the wire in any of these.
    class Owner {
      public:
        virtual void on_connected() = 0;
        virtual void on_bytes(std::string_view bytes) = 0;
        /// It has ended: errno of connect(2), send(2) or recv(2), or 0 for an orderly EOF.
        virtual void on_ended(int error_number) = 0;

      protected:
        ~Owner() = default;
    };

    Wire(EventLoop& loop, Owner& owner);

    /// Begins a connection to `target`, which must outlive it. 0, or the errno of why there is none; then on_ended()
    /// is not called. May be connected() at once; else on_connected() follows.
    [[nodiscard]] int open(const Target& target);
    void close() noexcept;
    /// Sends, keeping what the socket does not take now. A broken connection shows in on_ended().
    void send(std::string_view bytes);
    /// Whether the peer has ended it by now: one recv(2) that takes nothing.
    [[nodiscard]] bool ended_unseen() const noexcept;

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(fd_); }
    [[nodiscard]] bool connected() const noexcept { return state_ == State::connected; }
    /// The end was announced together with the bytes being handled now.
    [[nodiscard]] bool end_seen() const noexcept { return end_seen_; }
    /// Bytes given to send() that the socket has not taken yet.
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
    Timer again_; ///< a unix listener's full queue has no event to wait for
    Fd fd_;
    State state_ = State::closed;
    bool end_seen_ = false;
    int send_error_ = 0;
    std::uint64_t serial_ = 0; ///< counts connections: did a callback replace this one?
    std::string out_;
    std::size_t out_sent_ = 0;
};

} // namespace baton::load
