// SPDX-License-Identifier: MIT
// Gathers one request after the other on the claimed connection: its head, and its body where that is waited for before
// the handler is called. Small bodies wait in memory, others in a file; no worker waits for either.
#pragma once

#include "libbaton/io/input.hpp"
#include "libbaton/request/request_head.hpp"
#include "libbaton/work/core.hpp"

namespace baton::engine {

/// What has to be done for the request at hand, before gather() is called again, or its reply is made.
struct Gathered {
    enum class Next : std::uint8_t {
        receive,          ///< more of it has to come
        ask_program,      ///< its Expect handler, before any of the body is awaited
        find_route,       ///< before a large body, or one that the client holds back, is awaited
        spool,            ///< the body goes to a file from here on: begin_spool()
        answer,           ///< all of it is there
        answer_streaming, ///< its handler reads the body while it comes
        refuse,           ///< nothing behind it can be trusted
    };
    Next next;
    int status = 0;          ///< of a refusal
    const char* reason = ""; ///< one phrase, for the client and the log
};

class Gatherer {
  public:
    Gatherer(Core& core, Input& input);

    /// Goes on with `connection`, whose unread bytes are in the input.
    void open(Connection& connection) noexcept;
    [[nodiscard]] Gathered gather();
    /// Sends the body to a file. Refuses, or says what gather() says after it.
    [[nodiscard]] Gathered begin_spool();

    /// There is something to gather() from.
    [[nodiscard]] bool has_input() noexcept;
    /// A request has begun to come, and is not complete.
    [[nodiscard]] bool is_inside() noexcept;
    /// By when more has to have come.
    [[nodiscard]] Instant due() noexcept;
    /// The head of the request at hand, as far as it is known.
    [[nodiscard]] const RequestHead& head() const noexcept;
    /// Looks at the head again, of which a part has come: for a refusal.
    void read_part() noexcept;

  private:
    [[nodiscard]] Gathered gather_head();
    [[nodiscard]] Gathered gather_body();
    [[nodiscard]] Gathered spool_on();
    [[nodiscard]] Gathered judge_head(const http::HeadResult& result) const noexcept;
    [[nodiscard]] bool is_here_at_once(std::string_view buffered) const noexcept;
    void keep_head(std::size_t bytes);
    [[nodiscard]] bool asks_program() const noexcept;
    [[nodiscard]] bool is_routed() const noexcept;
    /// Where the rest of a body is waited for; nowhere when all of it is there.
    enum class Waiting { done, in_memory, in_file, by_handler };
    [[nodiscard]] Waiting where_to_wait(bool hooked) const;
    [[nodiscard]] bool has_reader() const;
    [[nodiscard]] bool is_whole(std::string_view buffered) const noexcept;
    [[nodiscard]] bool is_malformed(std::string_view buffered) const noexcept;
    void say_continue() noexcept;

    Core& core_;
    Input& input_;
    Connection* connection_ = nullptr;
    http::HeadLimits limits_;
    RequestHead in_input_; ///< one that needs not wait for its body
};

} // namespace baton::engine
