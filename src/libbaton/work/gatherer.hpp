// SPDX-License-Identifier: MIT
// Gathers one request after another on the claimed connection: its head, and its body if the handler needs it complete.
// Small bodies are collected in memory, others in a file; no worker waits for either.
#pragma once

#include "libbaton/io/input.hpp"
#include "libbaton/request/request_head.hpp"
#include "libbaton/work/core.hpp"

namespace baton::engine {

/// The next step for the current request, before gather() is called again or the reply is made.
struct Gathered {
    enum class Next : std::uint8_t {
        receive,          ///< more input is needed
        ask_program,      ///< call its Expect handler, before waiting for the body
        find_route,       ///< before waiting for a large body, or one that the client holds back
        spool,            ///< from here on the body goes to a file: begin_spool()
        answer,           ///< the request is complete
        answer_streaming, ///< its handler reads the body while it arrives
        refuse,           ///< no later input can be trusted
    };
    Next next;
    int status = 0;          ///< of a refusal
    const char* reason = ""; ///< a phrase for the client and the log
};

class Gatherer {
  public:
    Gatherer(Core& core, Input& input);

    /// Continues with `connection`, whose unread bytes are in the input.
    void open(Connection& connection) noexcept;
    [[nodiscard]] Gathered gather();
    /// Sends the body to a file. Refuses, or returns the next result of gather().
    [[nodiscard]] Gathered begin_spool();

    /// Whether there is input to gather() from.
    [[nodiscard]] bool has_input() noexcept;
    /// Whether a request has begun to arrive and is incomplete.
    [[nodiscard]] bool is_inside() noexcept;
    /// The deadline for more input.
    [[nodiscard]] Instant due() noexcept;
    /// The head of the current request, as far as it is known.
    [[nodiscard]] const RequestHead& head() const noexcept;
    /// Parses the incomplete head again, for a refusal.
    void read_part() noexcept;

  private:
    [[nodiscard]] Gathered gather_head();
    [[nodiscard]] Gathered gather_body();
    [[nodiscard]] Gathered spool_on();
    void keep_head(std::size_t bytes);
    [[nodiscard]] bool asks_program() const noexcept;
    [[nodiscard]] bool route_was_found() const noexcept;
    /// Where the rest of a body is collected; nowhere if the body is complete.
    enum class Waiting { done, in_memory, in_file, by_handler };
    [[nodiscard]] Waiting where_to_wait(bool hooked) const;
    [[nodiscard]] bool find_reader() const;
    [[nodiscard]] const http::ChunkedDecoder& decoded(std::string_view buffered) const noexcept;
    [[nodiscard]] bool is_whole(std::string_view buffered) const noexcept;
    [[nodiscard]] bool is_malformed(std::string_view buffered) const noexcept;

    Core& core_;
    Input& input_;
    Connection* connection_ = nullptr;
    http::HeadLimits limits_;
    RequestHead in_input_; ///< a head that need not wait for its body
};

} // namespace baton::engine
