// SPDX-License-Identifier: MIT
#include "libbaton/reply/reply_stream.hpp"

#include "libbaton/io/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::engine {
namespace {

using httplib::detail::EncodingType;

// After this time others go first, perhaps thousands of them. It suffices to answer some dozens of small requests.
constexpr std::chrono::microseconds k_turn{100};

std::unique_ptr<httplib::detail::compressor> compressor_for(EncodingType type) {
    switch (type) {
    case EncodingType::Gzip:
        return std::make_unique<httplib::detail::gzip_compressor>();
    case EncodingType::Brotli:
        return std::make_unique<httplib::detail::brotli_compressor>();
    default:
        return nullptr;
    }
}

/// httplib 0.11 has no trailers; later versions do.
template <class Sink, class Finish>
void set_trailer_function(Sink& sink, Finish finish) {
    if constexpr (requires { sink.done_with_trailer; })
        sink.done_with_trailer = [finish](const httplib::Headers& trailer) { finish(trailer); };
}

} // namespace

const char* chunk_coding(const httplib::Request& request, const httplib::Response& response) {
    if (request.headers.find("Accept-Encoding") == request.headers.end()) return "";
    switch (httplib::detail::encoding_type(request, response)) {
    case EncodingType::Gzip:
        return "gzip";
    case EncodingType::Brotli:
        return "br";
    default:
        return "";
    }
}

ReplyStream::ReplyStream(std::unique_ptr<Message> message, const Part& part, const Options& options)
    : message_{std::move(message)},
      options_{options},
      framing_{part.framing},
      offset_{part.offset},
      end_(part.offset + part.length) {
    if (framing_ == Framing::chunks)
        compressor_ = compressor_for(httplib::detail::encoding_type(message_->request, message_->response));
    set_up_sink();
}

void ReplyStream::set_up_sink() {
    sink_.write = [this](const char* data, std::size_t size) { return write({data, size}); };
    sink_.is_writable = [this] { return !failed_ && client_is_there(); };
    sink_.done = [this] { finish({}); };
    set_trailer_function(sink_, [this](const httplib::Headers& trailer) { finish(trailer); });
}

ReplyStream::Progress ReplyStream::go_on(Output& output) noexcept {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + k_turn;
    output_ = &output;
    try {
        while (!is_complete() && !failed_) {
            failed_ = !ask_provider();
            output.flush();
            if (failed_ || output.broken()) break;
            if (output.unsent_bytes() > 0) return Progress::client_is_slow;
            // The last piece is sent: its receiver may stop() the server, and nothing would be left here to cut.
            if (!is_complete() && Clock::now() >= until) return Progress::time_is_over;
        }
    } catch (...) {
        failed_ = threw_ = true;
        log_current_exception("streaming a reply");
    }
    failed_ |= output.broken();
    message_->response.content_provider_success_ = !failed_;
    return failed_ ? Progress::failed : Progress::finished;
}

bool ReplyStream::is_complete() const noexcept {
    return done_ || (framing_ == Framing::length && offset_ >= end_);
}

bool ReplyStream::client_is_there() noexcept {
    return watch_.is_there(*output_, offset_, options_.timeouts.linger);
}

bool ReplyStream::ask_provider() {
    if (const auto time = now(); time != client_seen_) { // not for each of many small pieces
        if (!client_is_there()) return false;
        client_seen_ = time;
    }
    // Some providers write everything that they are offered.
    const auto most = static_cast<std::uint64_t>(options_.limits.max_unsent_bytes);
    const auto wanted = framing_ == Framing::length ? std::min(end_ - offset_, most) : 0;
    return message_->response.content_provider_(offset_, wanted, sink_) && !failed_;
}

bool ReplyStream::write(std::string_view data) {
    if (failed_ || done_) return false;
    if (framing_ == Framing::length &&
        data.size() > end_ - offset_) { // the client would read the surplus as the next reply
        failed_ = true;
        return false;
    }
    output_->drain_to(options_.limits.max_unsent_bytes, options_.timeouts.write, options_.limits);
    offset_ += data.size();
    bool written = true;
    if (framing_ != Framing::chunks)
        output_->append(data);
    else if (compressor_)
        written = compressor_->compress(data.data(), data.size(), false, [this](const char* part, std::size_t size) {
            return write_chunk({part, size});
        });
    else
        written = write_chunk(data);
    output_->flush();
    failed_ |= !written || output_->broken();
    return !failed_;
}

/// An empty chunk would be the last one.
bool ReplyStream::write_chunk(std::string_view data) {
    if (data.empty()) return true;
    std::array<char, 16> digits{};
    const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
    output_->append({digits.data(), static_cast<std::size_t>(end - digits.data())});
    output_->append("\r\n");
    output_->append(data);
    output_->append("\r\n");
    return true;
}

void ReplyStream::finish(const httplib::Headers& trailer) {
    if (done_ || failed_) return;
    done_ = true;
    failed_ = framing_ == Framing::length && offset_ < end_; // the client would read the next reply as the rest
    if (framing_ != Framing::chunks) return;
    const auto chunk = [this](const char* part, std::size_t size) { return write_chunk({part, size}); };
    if (compressor_ && !compressor_->compress(nullptr, 0, true, chunk)) failed_ = true;
    if (failed_) return;
    output_->append("0\r\n");
    for (const auto& [name, value] : trailer)
        output_->append(name + ": " + value + "\r\n");
    output_->append("\r\n");
}

} // namespace baton::engine
