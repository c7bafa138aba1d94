// SPDX-License-Identifier: MIT
// Undoes a content coding, RFC 9110 section 8.4.1: never more at once than the caller has room for, so that a small
// input that stands for a large output costs no more memory than any other.
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

    /// Decodes from `input` into `room` bytes at `output`. Neither consumed nor produced: it needs more input.
    virtual Step step(std::string_view input, char* output, std::size_t room) noexcept = 0;

    /// The coded data has come to its own end. Input behind that is malformed.
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    [[nodiscard]] bool malformed() const noexcept { return state_ == State::malformed; }

  protected:
    enum class State { more, done, malformed };
    State state_ = State::more;
};

/// nullptr: nothing is to be undone. Throws std::bad_alloc.
[[nodiscard]] std::unique_ptr<ContentDecoder> make_content_decoder(ContentCoding coding);

} // namespace baton::http
