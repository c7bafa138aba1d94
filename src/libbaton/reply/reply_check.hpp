// SPDX-License-Identifier: MIT
// Checks httplib's output against the reply's head: it stops surplus bytes, and detects a body that is too short. For
// replies that httplib writes; a ReplyStream keeps its own count.
#pragma once

#include "libbaton/http/chunked.hpp"

#include <cstdint>
#include <string_view>

namespace baton::engine {

class ReplyCheck {
  public:
    enum class Framing : std::uint8_t { none, length, chunks, end_of_connection };

    /// Call before the head is written, with what it says. A head that is written before that is an interim one.
    void expect(Framing framing, std::uint64_t length = 0) noexcept;
    /// The leading part of `bytes` that belongs to the reply.
    [[nodiscard]] std::string_view admit(std::string_view bytes) noexcept;
    /// Whether nothing is missing and nothing was surplus, as far as the bytes show.
    [[nodiscard]] bool whole() const noexcept;
    /// Whether a byte of the body has been admitted.
    [[nodiscard]] bool body_has_begun() const noexcept { return body_has_begun_; }

  private:
    [[nodiscard]] std::size_t admit_head(std::string_view bytes) noexcept;
    [[nodiscard]] std::size_t admit_body(std::string_view bytes) noexcept;
    [[nodiscard]] std::size_t admit_chunks(std::string_view bytes) noexcept;

    Framing framing_ = Framing::none;
    std::uint64_t left_ = 0;     ///< bytes left of a body of known length
    std::size_t head_ended_ = 0; ///< bytes seen of the empty line after the fields; four are all
    bool is_expected_ = false;
    bool too_much_ = false;
    bool body_has_begun_ = false;
    http::ChunkedDecoder decoder_;
};

} // namespace baton::engine
