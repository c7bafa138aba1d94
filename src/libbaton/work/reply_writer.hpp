// SPDX-License-Identifier: MIT
// Sends the reply on the claimed connection, as far as its client takes it, and counts and logs it.
#pragma once

#include "libbaton/io/output.hpp"
#include "libbaton/request/request_head.hpp"
#include "libbaton/work/core.hpp"

namespace baton::engine {

class ReplyWriter {
  public:
    ReplyWriter(Core& core, Connection& connection, Output& output) noexcept
        : core_{core}, connection_{connection}, output_{output} {}

    enum class Progress : std::uint8_t {
        gone,   ///< completely sent; the connection's reply.after says what follows
        slow,   ///< the rest waits with the connection, until due() at the latest
        more,   ///< the stream continues after others have had their turn
        threw,  ///< a stream's provider threw, and nothing has been sent: another reply is possible
        failed, ///< the client cannot receive all of it
    };
    /// Marks the current request as in flight; repeated calls have no further effect.
    void begin(const RequestHead& asked);
    /// The output has the whole reply; or it has the head, and the connection's stream makes the rest.
    [[nodiscard]] Progress send(AfterReply after);
    /// Continues with output that had to wait.
    [[nodiscard]] Progress go_on();
    [[nodiscard]] Instant due() const noexcept { return due_; }
    /// Marks the request as no longer in flight.
    void end() noexcept;
    /// Ends the stream. Called once for each stream, whatever its outcome.
    void log_stream() noexcept;

  private:
    [[nodiscard]] Progress finish();
    [[nodiscard]] Progress stream_on();
    [[nodiscard]] Progress wait_for_client();
    [[nodiscard]] bool take_room();
    void count_sent(std::uint64_t bytes) noexcept;
    [[nodiscard]] std::unique_ptr<AccessEntry> make_access_entry(const http::Head& head) const;

    Core& core_;
    Connection& connection_;
    Output& output_;
    Instant due_ = k_never;
};

} // namespace baton::engine
