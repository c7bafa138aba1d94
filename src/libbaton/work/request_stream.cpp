// SPDX-License-Identifier: MIT
#include "libbaton/work/request_stream.hpp"

#include "libbaton/reply/reply_head.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace baton::engine {
namespace {

// We parse the real head, and process_request's set-up function puts it into the Request after httplib has read this
// one.
constexpr std::string_view k_stand_in_head = "GET / HTTP/1.1\r\n\r\n";
constexpr std::size_t k_chunk_bytes = 16 * 1024;
constexpr std::size_t k_large_bytes = 1UL << 20U;

void frame_chunk(std::string& chunk, std::string_view data) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
    chunk.assign(digits.data(), end);
    chunk.append("\r\n").append(data).append("\r\n");
}

/// httplib's map of a form's files has a different name since 0.20.
template <class Request, class Visit>
void for_each_file(Request& request, Visit visit) {
    if constexpr (requires { request.files; }) {
        for (auto& file : request.files)
            visit(file.second);
    } else if constexpr (requires { request.form.files; }) {
        for (auto& file : request.form.files)
            visit(file.second);
    }
}

/// A decoded body is longer than its Content-Length.
http::BodyKind shown_framing(const http::Head& head) noexcept {
    const bool coded = head.coding != http::ContentCoding::none && head.body != http::BodyKind::none;
    return coded ? http::BodyKind::chunked : head.body;
}

} // namespace

RequestStream::RequestStream(const http::Head& head, RequestBody& body, Output& output, Connection& connection,
                             const Options& options) noexcept
    : body_{body},
      output_{output},
      connection_{connection},
      options_{options},
      kind_(shown_framing(head)),
      pending_(k_stand_in_head) {}

void RequestStream::fills(httplib::Request& request) {
    if (body_.expected_bytes() == 0) return;
    request.body.reserve(body_.expected_bytes());
    filled_ = &request;
}

/// One file of a form grows at a time. Reserved memory costs nothing until it is used.
void RequestStream::reserve_for_files() {
    for_each_file(*filled_, [this](auto& file) {
        if (file.content.size() > k_large_bytes && file.content.capacity() - file.content.size() < k_large_bytes)
            file.content.reserve(body_.expected_bytes());
    });
}

ssize_t RequestStream::read(char* data, size_t size) {
    if (pending_.empty()) {
        if (kind_ == http::BodyKind::none) return 0;
        if (kind_ == http::BodyKind::length) return body_.read(data, size, output_);
        return read_chunked(data, size);
    }
    const auto part = pending_.substr(0, size);
    std::memcpy(data, part.data(), part.size());
    pending_.remove_prefix(part.size());
    return static_cast<ssize_t>(part.size());
}

/// The original chunks may have extensions and trailers that httplib cannot handle; these chunks do not.
ssize_t RequestStream::read_chunked(char* data, std::size_t size) {
    if (last_chunk_given_) return 0;
    if (filled_ != nullptr) reserve_for_files();
    std::string decoded(k_chunk_bytes, '\0');
    const auto got = body_.read(decoded.data(), decoded.size(), output_);
    if (got < 0) return got;
    decoded.resize(static_cast<std::size_t>(got));
    last_chunk_given_ = got == 0;
    frame_chunk(chunk_, decoded);
    pending_ = chunk_;
    return read(data, size);
}

ssize_t RequestStream::write(const char* data, size_t size) {
    auto admitted = check_.admit({data, size});
    const bool all = admitted.size() == size;
    if (const int status = std::exchange(status_to_come_, 0); status != 0) { // httplib's reason phrases are others
        append_status_line(output_, status);
        admitted.remove_prefix(admitted.find('\n') + 1);
    }
    output_.append(admitted);
    given_ += admitted.size();
    if (flushing_ == Flushing::at_once && check_.body_has_begun()) { // before that, an exception is still a 500
        output_.flush();
        output_.drain_to(options_.limits.max_unsent_bytes, options_.timeouts.write, options_.limits);
    }
    return output_.broken() || !all ? -1 : static_cast<ssize_t>(size);
}

bool RequestStream::is_peer_alive() const {
    return watch_.is_there(output_, given_, options_.timeouts.linger);
}

void RequestStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    const auto& peer = peer_of(connection_);
    ip = peer.remote_address;
    port = peer.remote_port;
}

void RequestStream::get_local_ip_and_port(std::string& ip, int& port) const {
    const auto& peer = peer_of(connection_);
    ip = peer.local_address;
    port = peer.local_port;
}

} // namespace baton::engine
