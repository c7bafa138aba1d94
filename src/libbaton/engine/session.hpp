// SPDX-License-Identifier: MIT
// A worker's turn at one connection: reads what is there, answers what is complete, parks or closes it. Never waits for
// a head, a small body or a slow reader; only handlers, large bodies and streams hold a worker.
#pragma once

#include "libbaton/engine/core.hpp"
#include "libbaton/engine/input.hpp"
#include "libbaton/engine/output.hpp"
#include "libbaton/http/head.hpp"
#include "libbaton/http/target.hpp"

namespace baton::engine {

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
    [[nodiscard]] bool turn_is_over() const noexcept;
    Step interrupt(Connection& connection);
    Step receive(Connection& connection);
    Step read_message(Connection& connection);
    Step answer(Connection& connection, std::size_t head_bytes);
    Step answer_own(Connection& connection, const http::Target& target);
    Step refuse(Connection& connection, int status, std::string_view reason);
    [[nodiscard]] bool wait_for_body(Connection& connection, std::size_t head_bytes);

    Step write_on(Connection& connection);
    Step finish_reply(Connection& connection, AfterReply after);
    Step after_reply(Connection& connection);
    void linger_on(Connection& connection);

    Step expire(Connection& connection);
    Step park_reading(Connection& connection);
    Step park(Connection& connection, Instant deadline);
    Step close(Connection& connection) noexcept;

    Core& core_;
    Input input_;
    Output output_;
    http::Head head_;
    http::HeadLimits head_limits_;
    unsigned answered_ = 0; ///< requests in this turn
    Instant turn_began_{};
    bool again_ = false; ///< an event came while the connection was to be parked
};

} // namespace baton::engine
