// SPDX-License-Identifier: MIT
#include "libbaton/http/content_decoder.hpp"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace baton::http {
namespace {

/// gzip and deflate (the zlib format), distinguished by their first bytes.
class Inflater final : public ContentDecoder {
  public:
    Inflater() {
        constexpr int k_detect_header = 32; // zlib.h, inflateInit2
        if (::inflateInit2(&stream_, k_detect_header + MAX_WBITS) != Z_OK) throw std::bad_alloc{};
    }
    ~Inflater() override { (void)::inflateEnd(&stream_); }

    Step step(std::string_view input, char* output, std::size_t room) noexcept override {
        if (state_ != State::more) {
            if (!input.empty()) state_ = State::malformed;
            return {};
        }
        constexpr std::size_t k_most = std::numeric_limits<uInt>::max();
        const auto given = static_cast<uInt>(std::min(input.size(), k_most));
        const auto space = static_cast<uInt>(std::min(room, k_most));
        // zlib reads through a pointer to non-const without ZLIB_CONST; it does not write there.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream_.avail_in = given;
        stream_.next_out = reinterpret_cast<Bytef*>(output);
        stream_.avail_out = space;
        const int result = ::inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            state_ = State::done;
        else if (result != Z_OK && result != Z_BUF_ERROR) // Z_BUF_ERROR: no progress without more input
            state_ = State::malformed;
        return {given - stream_.avail_in, space - stream_.avail_out};
    }

  private:
    z_stream stream_{};
};

class BrotliDecoder final : public ContentDecoder {
  public:
    BrotliDecoder() : brotli_{::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (brotli_ == nullptr) throw std::bad_alloc{};
    }
    ~BrotliDecoder() override { ::BrotliDecoderDestroyInstance(brotli_); }
    BrotliDecoder(const BrotliDecoder&) = delete;
    BrotliDecoder& operator=(const BrotliDecoder&) = delete;

    Step step(std::string_view input, char* output, std::size_t room) noexcept override {
        if (state_ != State::more) {
            if (!input.empty()) state_ = State::malformed;
            return {};
        }
        std::size_t left = input.size();
        std::size_t space = room;
        const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
        auto* next_out = reinterpret_cast<std::uint8_t*>(output);
        const auto result = ::BrotliDecoderDecompressStream(brotli_, &left, &next_in, &space, &next_out, nullptr);
        if (result == BROTLI_DECODER_RESULT_SUCCESS) state_ = State::done;
        if (result == BROTLI_DECODER_RESULT_ERROR) state_ = State::malformed;
        return {input.size() - left, room - space};
    }

  private:
    BrotliDecoderState* brotli_;
};

} // namespace

std::unique_ptr<ContentDecoder> make_content_decoder(ContentCoding coding) {
    switch (coding) {
    case ContentCoding::zlib:
        return std::make_unique<Inflater>();
    case ContentCoding::brotli:
        return std::make_unique<BrotliDecoder>();
    case ContentCoding::none:
        break;
    }
    return nullptr;
}

} // namespace baton::http
