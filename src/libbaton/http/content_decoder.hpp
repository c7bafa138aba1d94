// SPDX-License-Identifier: MIT
// Decodes a content coding, RFC 9110 section 8.4.1. It never produces more at once than the caller has room for, so a
// small input with a large output costs no more memory than any other.
#pragma once

#include "libbaton/http/head.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace baton::http {

class ContentDecoder {
  public:
    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };

    ContentDecoder() = default;
    virtual ~ContentDecoder() = default;
    ContentDecoder(const ContentDecoder&) = delete;
    ContentDecoder& operator=(const ContentDecoder&) = delete;

    /// Decodes from `input` into `room` bytes at `output`. If it neither consumed nor produced, it needs more input.
    virtual Step step(std::string_view input, char* output, std::size_t room) noexcept = 0;

    /// Whether the coded data has ended. Input after that is malformed.
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    [[nodiscard]] bool malformed() const noexcept { return state_ == State::malformed; }

  protected:
    enum class State { more, done, malformed };
    State state_ = State::more;
};

/// nullptr: nothing to decode. Throws std::bad_alloc.
[[nodiscard]] std::unique_ptr<ContentDecoder> make_content_decoder(ContentCoding coding);

} // namespace baton::http
