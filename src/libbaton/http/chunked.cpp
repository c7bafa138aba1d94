// SPDX-License-Identifier: MIT
#include "libbaton/http/chunked.hpp"

#include "libbaton/http/characters.hpp"

#include <algorithm>

namespace baton::http {
namespace {

constexpr std::size_t k_max_overhead_bytes = 4096;       // size line of one chunk, or all trailers
constexpr std::uint64_t k_max_chunk_bytes = 1ULL << 59U; // one more digit could overflow

constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

} // namespace

bool ChunkedDecoder::count_overhead() noexcept {
    return ++overhead_ <= k_max_overhead_bytes;
}

ChunkedDecoder::State ChunkedDecoder::next_in_size(char c) noexcept {
    if (!count_overhead()) return State::malformed;
    if (const int digit = hex_value(c); digit >= 0 && state_ != State::size_blank) {
        if (left_ >= k_max_chunk_bytes) return State::malformed;
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return State::size;
    }
    if (state_ == State::size_start) return State::malformed;
    if (is_blank(c)) return State::size_blank; // BWS before ";"
    if (c == ';') return State::extension;
    return c == '\r' && state_ == State::size ? State::size_lf : State::malformed;
}

/// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112 section 7.1.1.
ChunkedDecoder::State ChunkedDecoder::next_in_extension(char c) noexcept {
    if (!count_overhead() || !is_value_char(c)) return c == '\r' ? end_of_extension() : State::malformed;
    switch (state_) {
    case State::extension:
        return is_blank(c) ? state_ : is_token_char(c) ? State::extension_name : State::malformed;
    case State::extension_name:
        if (is_token_char(c)) return state_;
        [[fallthrough]];
    case State::extension_name_end:
        if (c == '=') return State::extension_value;
        return c == ';' ? State::extension : is_blank(c) ? State::extension_name_end : State::malformed;
    case State::extension_value:
        if (c == '"') return State::extension_quoted;
        return is_blank(c) ? state_ : is_token_char(c) ? State::extension_token : State::malformed;
    case State::extension_token:
        if (is_token_char(c)) return state_;
        break;
    case State::extension_quoted:
        return c == '"' ? State::extension_end : c == '\\' ? State::extension_escape : state_;
    case State::extension_escape:
        return State::extension_quoted;
    default:
        break;
    }
    return c == ';' ? State::extension : is_blank(c) ? State::size_blank : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::end_of_extension() const noexcept {
    const bool complete =
        state_ == State::extension_name || state_ == State::extension_token || state_ == State::extension_end;
    return complete ? State::size_lf : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::next_in_trailer(char c) noexcept {
    if (!count_overhead()) return State::malformed;
    if (state_ == State::trailer) return c == '\r' ? State::trailer_lf : is_value_char(c) ? state_ : State::malformed;
    if (c == '\r' && state_ == State::trailer_start) return State::end_lf;
    if (is_token_char(c)) return State::trailer_name;
    return c == ':' && state_ == State::trailer_name ? State::trailer : State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::next(char c) noexcept {
    switch (state_) {
    case State::size_start:
    case State::size:
    case State::size_blank:
        return next_in_size(c);
    case State::extension:
    case State::extension_name:
    case State::extension_name_end:
    case State::extension_value:
    case State::extension_token:
    case State::extension_quoted:
    case State::extension_escape:
    case State::extension_end:
        return next_in_extension(c);
    case State::size_lf:
        overhead_ = 0;
        if (c != '\n') return State::malformed;
        return left_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
        return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf:
        return c == '\n' ? State::size_start : State::malformed;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer:
        return next_in_trailer(c);
    case State::trailer_lf:
        return c == '\n' ? State::trailer_start : State::malformed;
    case State::end_lf:
        return c == '\n' ? State::done : State::malformed;
    case State::data:
    case State::done:
    case State::malformed:
        break;
    }
    return state_;
}

ChunkedDecoder::Step ChunkedDecoder::step(std::string_view input) noexcept {
    std::size_t used = 0;
    while (used < input.size() && !done() && !malformed()) {
        if (state_ == State::data) {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used));
            left_ -= size;
            if (left_ == 0) state_ = State::data_cr;
            return {used + size, input.substr(used, size)};
        }
        state_ = next(input[used]);
        ++used;
    }
    return {used, {}};
}

} // namespace baton::http
