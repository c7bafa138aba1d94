// SPDX-License-Identifier: MIT
// The body of the request at hand, by its framing and its content coding, from what is buffered and then from the
// socket. Ends where it ends, and never grows beyond its limit, whatever it looked like on the wire.
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

namespace baton::engine {

class RequestBody {
  public:
    enum class State : std::uint8_t { more, finished, malformed, too_large, timed_out, broken, lost };

    /// Where it comes from: all of it is in the spool, or there is none, and the input is at its first byte.
    struct Source {
        Input& input;
        int socket;
        Pace& pace;
        Spool* spool;
        bool& continue_sent; ///< 100 (Continue) has been said
    };
    /// Throws std::bad_alloc.
    RequestBody(const http::Head& head, const Source& source, const Options& options, std::size_t payload_limit);

    /// Up to `size` bytes of it, decoded. Waits for them, within the limits. 0: it is finished; -1: see state().
    /// `output` is flushed before it waits, so that a client waiting for 100 (Continue) gets it.
    [[nodiscard]] ssize_t read(char* data, std::size_t size, Output& output) noexcept;
    /// Skips what is buffered of it; finished() tells whether that was all.
    void skip_buffered() noexcept;

    /// At most so many are to come, or 0: nothing is known but the limit. Reserved memory costs nothing before its use.
    [[nodiscard]] std::size_t expected_bytes() const noexcept;
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] bool finished() const noexcept { return state_ == State::finished; }
    /// The status that says what is wrong; 0: nothing is.
    [[nodiscard]] int failure_status() const noexcept;

  private:
    [[nodiscard]] std::string_view next_part(std::size_t most, Output& output) noexcept;
    [[nodiscard]] ssize_t read_coded(char* data, std::size_t size, Output& output) noexcept;
    [[nodiscard]] bool count(std::size_t bytes) noexcept;
    [[nodiscard]] std::string_view read_spool(std::size_t most) noexcept;
    [[nodiscard]] std::string_view decode(std::size_t most) noexcept;
    void receive_more(Output& output) noexcept;
    void say_continue() noexcept;

    Source source_;
    const Options& options_;
    std::string spooled_part_;
    http::BodyKind kind_;
    State state_;
    std::uint64_t left_ = 0; ///< of a body of known length
    std::uint64_t limit_;
    Instant waited_until_ = now(); ///< for the client; then its handler was at work
    std::uint64_t received_ = 0;   ///< without the chunks' framing
    std::uint64_t given_ = 0;      ///< to the handler, decoded
    http::ChunkedDecoder decoder_;
    bool expects_continue_;
    std::unique_ptr<http::ContentDecoder> content_decoder_; ///< nullptr: the content is not coded
    std::string_view coded_;                                ///< received and not yet decoded
};

} // namespace baton::engine
