// SPDX-License-Identifier: MIT
// A strict incremental decoder of the chunked transfer coding, RFC 9112 section 7.1. It reads, bounds and discards
// extensions and trailers. Pure: it holds no data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::http {

class ChunkedDecoder {
  public:
    struct Step {
        std::size_t consumed;  ///< the number of input bytes used, including `data`
        std::string_view data; ///< the part of the input that belongs to the body; may be empty
    };

    /// Continues until there is data to return, the input is used up, the body has ended or it is malformed.
    Step step(std::string_view input) noexcept;

    /// The last chunk and its trailers have been read.
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    [[nodiscard]] bool malformed() const noexcept { return state_ == State::malformed; }

  private:
    enum class State {
        size_start,
        size,
        size_blank,
        extension,
        extension_name,
        extension_name_end,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escape,
        extension_end,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer,
        trailer_lf,
        end_lf,
        done,
        malformed,
    };
    [[nodiscard]] State next(char c) noexcept;
    [[nodiscard]] State next_in_size(char c) noexcept;
    [[nodiscard]] State next_in_extension(char c) noexcept;
    [[nodiscard]] State end_of_extension() const noexcept;
    [[nodiscard]] State next_in_trailer(char c) noexcept;
    [[nodiscard]] bool count_overhead() noexcept;

    State state_ = State::size_start;
    std::uint64_t left_ = 0;   ///< bytes of the chunk that remain
    std::size_t overhead_ = 0; ///< bytes of this chunk's extensions, or of all trailers
};

} // namespace baton::http
