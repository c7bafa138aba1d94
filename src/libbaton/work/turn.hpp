// SPDX-License-Identifier: MIT
// A worker's turn at one connection: reads what is there and answers what is complete, until nothing is left to do now,
// or others have to have their turn. Never waits for a head, a body or a slow reader; only handlers hold a worker.
#pragma once

#include "libbaton/work/exchange.hpp"
#include "libbaton/work/gatherer.hpp"
#include "libbaton/work/reply_writer.hpp"

namespace baton::engine {

/// What a step of a turn leaves to do: more of it, or how it ends.
struct Step {
    enum class Kind : std::uint8_t {
        go_on,
        receive, ///< more input is needed for that
        park,    ///< until an event comes, or the deadline
        queue,   ///< there is more to do, behind what others have
        close,
    };
    Kind kind;
    Instant deadline = k_never;
};

class Turn {
  public:
    /// What a worker has, for one connection after the other.
    struct Desk {
        Input& input;
        Output& output;
        Gatherer& gatherer;
    };
    Turn(Core& core, Connection& connection, const Desk& desk) noexcept;

    /// Does all that can be done now; park, queue or close is left to do. Throws what the program's code throws where
    /// nothing else catches it, and std::bad_alloc.
    [[nodiscard]] Step take();
    /// Ends what is in flight: the connection is to be closed.
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
    /// Parked with a part of a request: counted in Counters::reading.
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
