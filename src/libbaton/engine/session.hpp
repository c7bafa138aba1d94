// SPDX-License-Identifier: MIT
// A worker's turn at one connection: reads what is there, answers what is complete, parks or closes it. Never waits for
// a head, a body or a slow reader; only handlers hold a worker, some of which read their body while it comes.
#pragma once

#include "libbaton/engine/core.hpp"
#include "libbaton/engine/input.hpp"
#include "libbaton/engine/output.hpp"
#include "libbaton/engine/reply_stream.hpp"
#include "libbaton/http/head.hpp"
#include "libbaton/http/target.hpp"

namespace baton::engine {

class Exchange;

class Session {
  public:
    explicit Session(Core& core);

    /// Does all that can be done now on a connection the caller has claimed. It is parked or closed afterwards.
    void serve(Connection& connection) noexcept;

  private:
    /// What a step leaves: the connection is still ours, it needs more input for that, or it is parked or closed.
    enum class Step { go_on, need_input, done };

    void take_turn(Connection& connection);
    void read_on(Connection& connection, Step step);
    [[nodiscard]] bool has_message(const Connection& connection) noexcept;
    [[nodiscard]] bool turn_is_over(const Connection& connection) const noexcept;
    Step interrupt(Connection& connection);
    void keep_input(Connection& connection);
    Step receive(Connection& connection);
    Step read_message(Connection& connection);
    Step answer(Connection& connection, std::size_t head_bytes);
    Step conclude(Connection& connection, AfterReply after);
    /// The program has an Expect handler that is to be asked about this request, before any of its body is awaited.
    [[nodiscard]] bool asks_program(const Connection& connection) const noexcept;
    /// The hooks have let this request through, before its body came.
    [[nodiscard]] static bool is_routed(const Connection& connection) noexcept;
    Step answer_early(Connection& connection, Exchange& exchange, std::size_t head_bytes);
    Step answer_own(Connection& connection, const http::Target& target);
    Step refuse(Connection& connection, int status, std::string_view reason);
    /// Where the rest of a body is waited for; nowhere when all of it is there.
    enum class Waiting { done, in_memory, in_file, by_handler };
    [[nodiscard]] Waiting where_to_wait(std::size_t head_bytes) const;
    [[nodiscard]] bool is_malformed(std::string_view buffered) const noexcept;
    [[nodiscard]] bool waits_for_continue(const Connection& connection, std::size_t head_bytes) const noexcept;
    void say_continue(Connection& connection) noexcept;
    [[nodiscard]] bool is_whole(std::string_view buffered) const noexcept;
    [[nodiscard]] bool may_stream() const;
    Step begin_spool(Connection& connection, std::size_t head_bytes);
    Step spool_on(Connection& connection);
    Step answer_streaming(Connection& connection, std::size_t head_bytes);
    Step answer_spooled(Connection& connection);

    void begin_request(Connection& connection);
    void begin_access_entry(Connection& connection) const;
    void end_request(Connection& connection) noexcept;
    /// Ours to answer, whatever the program's routes are.
    [[nodiscard]] bool is_own(const Connection& connection, const http::Target& target) const noexcept;

    void set_phase(Connection& connection, Phase phase) noexcept;
    Step write_on(Connection& connection);
    Step stream_on(Connection& connection);
    Step park_writing(Connection& connection);
    void log_stream(Connection& connection) noexcept;
    Step finish_reply(Connection& connection, AfterReply after);
    Step after_reply(Connection& connection);
    void linger_on(Connection& connection);

    /// Server::stop() ends what no request waits for, and streams.
    [[nodiscard]] bool is_stopped(const Connection& connection) const noexcept;
    Step expire(Connection& connection);
    Step park_reading(Connection& connection);
    Step park(Connection& connection, Instant deadline);
    Step close(Connection& connection) noexcept;

    static constexpr Milliseconds k_turn{10}; ///< after that others go first

    Core& core_;
    Input input_;
    Output output_{core_.activity};
    http::Head head_;
    http::HeadLimits head_limits_;
    unsigned answered_ = 0; ///< requests in this turn
    Instant turn_began_{};
    bool again_ = false; ///< an event came while the connection was to be parked
};

} // namespace baton::engine
