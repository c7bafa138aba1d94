// SPDX-License-Identifier: MIT
// Holds what httplib writes of a reply against what the reply's head says: no byte more goes out, and a body that is
// shorter is known to be. For replies that httplib writes; a ReplyStream keeps its own count.
#pragma once

#include "libbaton/http/chunked.hpp"

#include <cstdint>
#include <string_view>

namespace baton::engine {

class ReplyCheck {
  public:
    enum class Framing : std::uint8_t { none, length, chunks, end_of_connection };

    /// The head is about to be written, and says this.
    void expect(Framing framing, std::uint64_t length = 0) noexcept;
    /// The part of `bytes`, from their beginning, that belongs to the reply.
    [[nodiscard]] std::string_view admit(std::string_view bytes) noexcept;
    /// Nothing is missing and nothing was too much, as far as the bytes can tell.
    [[nodiscard]] bool whole() const noexcept;
    /// A byte of the body has been admitted.
    [[nodiscard]] bool body_has_begun() const noexcept { return body_has_begun_; }

  private:
    [[nodiscard]] std::size_t admit_head(std::string_view bytes) noexcept;
    [[nodiscard]] std::size_t admit_body(std::string_view bytes) noexcept;
    [[nodiscard]] std::size_t admit_chunks(std::string_view bytes) noexcept;

    Framing framing_ = Framing::none;
    std::uint64_t left_ = 0;     ///< of a body of known length
    std::size_t head_ended_ = 0; ///< how much of the empty line behind the fields there is: four bytes are all
    bool too_much_ = false;
    bool body_has_begun_ = false;
    http::ChunkedDecoder decoder_;
};

} // namespace baton::engine
