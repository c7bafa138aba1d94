// SPDX-License-Identifier: MIT
// The part of an Exchange that begins a streamed reply: it sends the head, and the rest becomes the connection's
// stream.
#include "libbaton/http/reply_text.hpp"
#include "libbaton/route/exceptions.hpp"
#include "libbaton/route/server_state.hpp"
#include "libbaton/work/exchange.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace baton::engine {

using Framing = ReplyStream::Framing;

/// Does the work of httplib's apply_ranges() for at most one range. A server may ignore several (RFC 9110 section
/// 14.2); each of them would call the provider from the beginning.
ReplyStream::Part Exchange::frame_stream(const httplib::Request& request, httplib::Response& response) {
    response.headers.erase("Content-Length");
    response.headers.erase("Transfer-Encoding");
    if (response.content_length_ == 0) {
        if (!response.is_chunked_content_provider_) return {.framing = Framing::end_of_connection};
        if (const std::string coding = chunk_coding(request, response); !coding.empty())
            response.headers.emplace("Content-Encoding", coding);
        response.headers.emplace("Transfer-Encoding", "chunked");
        return {.framing = Framing::chunks};
    }
    ReplyStream::Part part{.framing = Framing::length, .length = response.content_length_};
    if (request.ranges.size() == 1) {
        const auto [first, last] = request.ranges.front();
        part.offset = static_cast<std::uint64_t>(first);
        part.length = static_cast<std::uint64_t>(last - first + 1);
        response.headers.emplace("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                                      std::to_string(response.content_length_));
    }
    response.headers.emplace("Content-Length", std::to_string(part.length));
    return part;
}

void Exchange::write_stream(httplib::Request& request, httplib::Response& response) {
    if (request.ranges.size() > 1) {
        request.ranges.clear();
        response.status = 200;
    }
    if (head_.minor_version == 0) response.is_chunked_content_provider_ = false; // a 1.0 client does not know chunks
    if (!response.has_header("Content-Type")) response.headers.emplace("Content-Type", "text/plain");
    const auto part = frame_stream(request, response);
    write_head(request, response, LengthField::as_it_is);
    if (head_.method == http::Method::head || http::has_no_body(response.status)) {
        call_logger(core_.state, request, response);
        return;
    }
    if (part.framing == Framing::end_of_connection) connection_.ends_reply.store(true);
    // Also limits a slow reader's data in the kernel; tcp(7). Fails on a unix socket, which does not matter.
    constexpr int k_unsent_bytes = 64 * 1024;
    (void)::setsockopt(connection_.socket.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &k_unsent_bytes,
                       sizeof k_unsent_bytes);
    connection_.reply.body_room = body_.take_share();
    connection_.reply.stream = std::make_unique<ReplyStream>(std::move(message_), part, core_.options);
}

} // namespace baton::engine
