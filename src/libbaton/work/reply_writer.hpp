// SPDX-License-Identifier: MIT
// Gets the reply on the claimed connection out, as far as its client takes it, and counts and logs it.
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
        gone,   ///< all of it; the connection's reply.after says what follows
        slow,   ///< what is left waits with the connection, until due() at the latest
        more,   ///< the stream goes on when others have had their turn
        threw,  ///< a stream's provider, and nothing has gone out: there may be another reply
        failed, ///< the client cannot get all of it
    };
    /// The request at hand is in flight from here on; more than once is once.
    void begin(const RequestHead& asked);
    /// The output has all of the reply, or its head, and the connection's stream makes the rest.
    [[nodiscard]] Progress send(AfterReply after);
    /// Goes on with what had to wait.
    [[nodiscard]] Progress go_on();
    [[nodiscard]] Instant due() const noexcept { return due_; }
    /// It is in flight no more.
    void end() noexcept;
    /// Nobody is going to go on with it. Once for each stream, whatever became of it.
    void log_stream() noexcept;

  private:
    [[nodiscard]] Progress finish();
    [[nodiscard]] Progress stream_on();
    [[nodiscard]] Progress wait_for_client();
    void count_sent(std::uint64_t bytes) noexcept;
    [[nodiscard]] std::unique_ptr<AccessEntry> make_access_entry(const http::Head& head) const;

    Core& core_;
    Connection& connection_;
    Output& output_;
    Instant due_ = k_never;
};

} // namespace baton::engine
