// SPDX-License-Identifier: MIT
// A request body that is too large for memory: it goes to an unnamed file until it is complete, so no worker waits for
// a slow client. The file is in $TMPDIR or /tmp, or in memory if neither is writable.
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
        std::uint64_t body_bytes; ///< the limit of this body
        std::uint64_t all_bytes;  ///< the limit of all bodies together
        SpoolRoom& room;          ///< the account that the bytes are taken from
        std::string address;      ///< of the sending client
    };

    /// Makes a spool for the body that `head` announces. If no file can be made: no_room.
    Spool(const http::Head& head, Bounds bounds);
    ~Spool() = default;
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Takes the body's bytes from `input`, without chunk framing; returns how many input bytes were used.
    std::size_t take(std::string_view input) noexcept;
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

    /// Reads from the end of the last read; 0: finished; -1: the file cannot be read.
    [[nodiscard]] ssize_t read(char* data, std::size_t size) noexcept;

  private:
    [[nodiscard]] std::size_t take_chunks(std::string_view input) noexcept;
    void write(std::string_view data) noexcept;

    std::uint64_t limit_;
    std::uint64_t file_limit_;
    RoomShare share_;
    Fd file_;
    State state_ = State::more;
    http::BodyKind kind_;
    std::uint64_t left_; ///< bytes left of a body of known length
    std::uint64_t received_ = 0;
    std::uint64_t read_ = 0;
    http::ChunkedDecoder decoder_;
};

} // namespace baton::engine
