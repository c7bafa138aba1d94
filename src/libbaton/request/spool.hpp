// SPDX-License-Identifier: MIT
// A request whose body is too large to wait in memory: it goes to a file without a name until all of it is there, so
// that no worker waits for a slow client. The file lies in $TMPDIR or /tmp, or in memory where neither can be written.
#pragma once

#include "base/fd.hpp"
#include "libbaton/http/chunked.hpp"
#include "libbaton/http/head.hpp"
#include "libbaton/request/spool_room.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::engine {

class Spool {
  public:
    enum class State : std::uint8_t { more, whole, malformed, too_large, no_room };
    struct Bounds {
        std::uint64_t body_bytes; ///< of this one
        std::uint64_t all_bytes;  ///< of all together
        SpoolRoom& room;          ///< where they are taken from
        std::string address;      ///< of the client that sends it
    };

    /// For the body that `head` announces. Without a file: no_room.
    Spool(const http::Head& head, Bounds bounds);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Takes what `input` has of the body, without the chunks' framing; how many bytes of it are used up.
    std::size_t take(std::string_view input) noexcept;
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

    /// Reads on from where the last read ended; 0: that was all; -1: the file cannot be read.
    [[nodiscard]] ssize_t read(char* data, std::size_t size) noexcept;

  private:
    [[nodiscard]] std::size_t take_chunks(std::string_view input) noexcept;
    void write(std::string_view data) noexcept;
    [[nodiscard]] bool take_room(std::size_t bytes) noexcept;

    Bounds bounds_;
    Fd file_;
    State state_ = State::more;
    http::BodyKind kind_;
    std::uint64_t left_; ///< of a body of known length
    std::uint64_t received_ = 0;
    std::uint64_t taken_ = 0; ///< of the room
    std::uint64_t read_ = 0;
    http::ChunkedDecoder decoder_;
};

} // namespace baton::engine
