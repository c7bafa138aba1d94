// SPDX-License-Identifier: MIT
// An incremental parser of HTTP/1.x replies (RFC 9112 sections 4 to 7). It handles bytes, not sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::load {

class ReplyParser {
  public:
    /// Takes bytes up to the end of one reply and returns how many it took. It stops for good at complete() or bad().
    std::size_t feed(std::string_view data);
    /// The connection ended in order: completes a reply that is delimited by the connection's end (RFC 9112 6.3 rule
    /// 8). False if the reply is cut.
    bool finish_at_eof() noexcept;
    /// Prepares for the next reply.
    void reset() noexcept;

    [[nodiscard]] bool begun() const noexcept { return begun_; }
    [[nodiscard]] bool complete() const noexcept { return state_ == State::complete; }
    [[nodiscard]] bool bad() const noexcept { return state_ == State::bad; }

    [[nodiscard]] int status() const noexcept { return status_; }
    /// False if the server will close after this reply (RFC 9112 9.3).
    [[nodiscard]] bool keeps_alive() const noexcept { return keeps_alive_ && !closes_; }
    [[nodiscard]] bool chunked() const noexcept { return chunked_; }
    /// The body, without framing; only its first k_kept_body_bytes are kept.
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }

    static constexpr std::size_t k_kept_body_bytes = 64 * 1024; // replies that we judge by their text are far shorter
    static constexpr std::size_t k_line_bytes = 16 * 1024;      // above any server's default for one header
    static constexpr unsigned k_header_lines = 256;

  private:
    enum class State : std::uint8_t {
        status_line,
        header,
        sized_body, ///< left_ bytes remain
        open_body,  ///< until the connection ends
        chunk_size,
        chunk_data, ///< left_ bytes remain
        chunk_end,  ///< the line end after a chunk
        trailer,
        complete,
        bad,
    };

    std::size_t feed_line(std::string_view data);
    std::size_t feed_body(std::string_view data);
    State on_line(std::string_view line);
    State on_status_line(std::string_view line);
    State on_header(std::string_view line);
    State on_content_length(std::string_view value);
    void on_connection(std::string_view value);
    State after_head();
    State on_chunk_size(std::string_view line);

    State state_ = State::status_line;
    bool begun_ = false;
    bool keeps_alive_ = true;
    bool closes_ = false;
    bool chunked_ = false;
    bool sized_ = false;
    int status_ = 0;
    unsigned lines_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::string line_; ///< a line that arrived in parts
    std::string body_;
};

} // namespace baton::load
