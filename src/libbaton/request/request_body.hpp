// SPDX-License-Identifier: MIT
// The body of the current request, with framing and content coding removed, from the buffer and then from the socket.
// It ends where the framing says, and never grows beyond its limit, whatever arrived on the wire.
#pragma once

#include "libbaton/http/chunked.hpp"
#include "libbaton/http/content_decoder.hpp"
#include "libbaton/http/head.hpp"
#include "libbaton/io/input.hpp"
#include "libbaton/io/output.hpp"
#include "libbaton/io/pace.hpp"
#include "libbaton/request/spool.hpp"

#include <baton/options.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace baton::engine {

class RequestBody {
  public:
    enum class State : std::uint8_t { more, finished, malformed, too_large, no_room, timed_out, broken, lost };

    /// The source of the body: all of it is in the spool; or there is no spool, and the input is at its first byte.
    struct Source {
        Input& input;
        int socket;
        Pace& pace;
        Spool* spool;
        bool& continue_sent; ///< 100 (Continue) has been sent
    };
    /// Throws std::bad_alloc.
    RequestBody(const http::Head& head, const Source& source, const Options& options, std::size_t payload_limit);

    /// For a body that is kept in memory: what is read beyond Limits::buffered_body_bytes takes room, and is refused
    /// where there is none. A body in a file has taken its room already, unless it grows when it is decoded.
    void charge(SpoolRoom& room, std::string address) {
        if (source_.spool == nullptr || content_decoder_)
            share_ = std::make_unique<RoomShare>(room, std::move(address), options_.limits.spooled_bytes);
    }
    /// The room, for who keeps the body for longer.
    [[nodiscard]] std::unique_ptr<RoomShare> take_share() noexcept { return std::move(share_); }
    /// Reads up to `size` decoded bytes. Waits for them, within the limits. 0: finished; -1: see state(). Flushes
    /// `output` before it waits, so a client that waits for 100 (Continue) gets it.
    [[nodiscard]] ssize_t read(char* data, std::size_t size, Output& output) noexcept;
    /// Skips the buffered part; finished() tells whether that was all.
    void skip_buffered() noexcept;

    /// The maximum number of bytes left, or 0 if only the limit is known. Reserved memory costs nothing before its use.
    [[nodiscard]] std::size_t expected_bytes() const noexcept;
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] bool finished() const noexcept { return state_ == State::finished; }
    /// The status for the fault; 0: none.
    [[nodiscard]] int failure_status() const noexcept;

  private:
    [[nodiscard]] static State first_state(http::BodyKind kind) noexcept;
    [[nodiscard]] std::string_view next_part(std::size_t most, Output& output) noexcept;
    [[nodiscard]] ssize_t read_coded(char* data, std::size_t size, Output& output) noexcept;
    [[nodiscard]] bool count(std::size_t bytes) noexcept;
    [[nodiscard]] std::string_view read_spool(std::size_t most) noexcept;
    [[nodiscard]] std::string_view decode(std::size_t most) noexcept;
    void receive_more(Output& output) noexcept;

    Source source_;
    const Options& options_;
    std::string spooled_part_;
    http::BodyKind kind_;
    State state_;
    std::uint64_t left_ = 0; ///< bytes left of a body of known length
    std::uint64_t limit_;
    Instant waited_until_ = now(); ///< the end of the last wait for the client; since then its handler worked
    std::uint64_t received_ = 0;   ///< bytes received, without chunk framing
    std::uint64_t given_ = 0;      ///< decoded bytes given to the handler
    std::unique_ptr<RoomShare> share_;
    http::ChunkedDecoder decoder_;
    bool expects_continue_;
    std::unique_ptr<http::ContentDecoder> content_decoder_; ///< nullptr: the content is not coded
    std::string_view coded_;                                ///< received but not yet decoded
};

} // namespace baton::engine
