// SPDX-License-Identifier: MIT
// A worker's turn at one connection: reads the available input and answers complete requests, until nothing is left to
// do now, or it is the others' turn. Never waits for a head, a body or a slow reader; only handlers occupy a worker.
#pragma once

#include "libbaton/work/exchange.hpp"
#include "libbaton/work/gatherer.hpp"
#include "libbaton/work/reply_writer.hpp"

namespace baton::engine {

/// The result of a step of a turn: the next step, or how the turn ends.
enum class Step : std::uint8_t {
    go_on,
    receive, ///< more input is needed
    park,    ///< until an event or the connection's deadline
    queue,   ///< there is more to do, after the others' turn
    close,
};

class Turn {
  public:
    /// A worker's tools, used for one connection after another.
    struct Desk {
        Input& input;
        Output& output;
        Gatherer& gatherer;
    };
    Turn(Core& core, Connection& connection, const Desk& desk) noexcept;

    /// Does everything possible now; returns park, queue or close. Throws std::bad_alloc, and exceptions of the
    /// program's code that nothing else catches.
    [[nodiscard]] Step take();
    /// Ends the request in flight: the connection will be closed.
    void give_up() noexcept;

  private:
    void open();
    [[nodiscard]] Step begin();
    [[nodiscard]] Step receive();
    [[nodiscard]] Step proceed();
    [[nodiscard]] Step follow(const Gathered& gathered);
    [[nodiscard]] bool is_over() const noexcept;
    [[nodiscard]] Step ask_program(bool (Exchange::*question)());
    [[nodiscard]] Step answer(Exchange::Body body);
    [[nodiscard]] Step answer_own();
    [[nodiscard]] Step answer_streaming();
    [[nodiscard]] Step refuse(int status, std::string_view reason);
    [[nodiscard]] Step send(AfterReply after);
    [[nodiscard]] Step follow(ReplyWriter::Progress progress);
    [[nodiscard]] Step after_reply();
    [[nodiscard]] Step linger_on();
    [[nodiscard]] Step wait();
    [[nodiscard]] Step expire();
    [[nodiscard]] Step park(Instant deadline);
    [[nodiscard]] Step queue();
    [[nodiscard]] bool is_stopped() const noexcept;
    /// Parked with part of a request; counted in Counters::reading.
    [[nodiscard]] bool holds_part() const noexcept;
    void keep_input();

    Core& core_;
    Connection& connection_;
    Input& input_;
    Output& output_;
    Gatherer& gatherer_;
    ReplyWriter writer_;
    unsigned answered_ = 0; ///< requests in this turn
    Instant began_ = now();
};

} // namespace baton::engine
