// SPDX-License-Identifier: MIT
// The part of a Session that gathers request bodies: small ones in memory, others in a file; no worker waits for them.
#include "libbaton/engine/server_access.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/engine/session.hpp"

#include <algorithm>

namespace baton::engine {
namespace {

http::ChunkedDecoder decoded(std::string_view buffered) noexcept {
    http::ChunkedDecoder decoder;
    while (!buffered.empty() && !decoder.done() && !decoder.malformed())
        buffered.remove_prefix(decoder.step(buffered).consumed);
    return decoder;
}

constexpr std::size_t k_most_chunks_bytes = 16 * 1024;

bool may_have_body(std::string_view method) noexcept {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

} // namespace

bool Session::is_whole(std::string_view buffered) const noexcept {
    return head_.body == http::BodyKind::length ? buffered.size() >= head_.content_length : decoded(buffered).done();
}

/// Whoever reads the body, or reads past it.
bool Session::is_malformed(std::string_view buffered) const noexcept {
    return head_.body == http::BodyKind::chunked && decoded(buffered).malformed();
}

bool Session::waits_for_continue(const Connection& connection, std::size_t head_bytes) const noexcept {
    return head_.expect == http::Expect::continue_100 && !connection.continue_sent &&
           input_.view().size() == head_bytes;
}

void Session::say_continue(Connection& connection) noexcept {
    std::size_t sent = 0; // an idle client's socket takes 25 bytes, or it is broken
    connection.continue_sent = send_some(connection.socket.get(), "HTTP/1.1 100 Continue\r\n\r\n", sent) == Sent::all;
    add(core_.counters_of(connection).sent_bytes, sent);
}

Session::Waiting Session::where_to_wait(std::size_t head_bytes) const {
    const auto buffered = input_.view().substr(head_bytes);
    const auto room = input_.capacity() - head_bytes;
    if (is_whole(buffered)) return Waiting::done;
    // Chunks are decoded anew with each piece that comes: not too many of them.
    const bool fits = head_.body == http::BodyKind::length ? head_.content_length <= room
                                                           : buffered.size() < std::min(room, k_most_chunks_bytes);
    if (fits) return Waiting::in_memory;
    if (!may_have_body(head_.method)) return Waiting::done; // nobody reads it
    return may_stream() ? Waiting::by_handler : Waiting::in_file;
}

/// Some of the workers may wait for clients, for handlers that want to see a body while it comes.
bool Session::may_stream() const {
    const auto target = http::split_target(head_.method, head_.target);
    if (value(core_.activity.streaming) >= core_.options.max_workers / 2) return false;
    std::string path;
    http::percent_decode(target->path, path);
    return core_.state.routes.has_reader(head_.method, path);
}

Session::Step Session::begin_spool(Connection& connection, std::size_t head_bytes) {
    const auto limit = std::min(core_.options.limits.max_body_bytes, ServerAccess::payload_limit(core_.server));
    if (head_.body == http::BodyKind::length && head_.content_length > limit)
        return refuse(connection, 413, "the body is too large");
    connection.spool = std::make_unique<Spool>(
        input_.view().substr(0, head_bytes), head_,
        Spool::Bounds{limit, core_.options.limits.spooled_bytes, core_.spool_room, peer_of(connection).remote_address});
    begin_request(connection);
    input_.consume(head_bytes);
    return spool_on(connection);
}

Session::Step Session::spool_on(Connection& connection) {
    auto& spool = *connection.spool;
    input_.consume(spool.take(input_.view()));
    switch (spool.state()) {
    case Spool::State::more:
        return Step::need_input;
    case Spool::State::whole:
        return answer_spooled(connection);
    case Spool::State::malformed:
        return refuse(connection, 400, "a malformed chunk");
    case Spool::State::too_large:
        return refuse(connection, 413, "the body is too large");
    case Spool::State::no_room:
        break;
    }
    return refuse(connection, 503, "no room for the body");
}

Session::Step Session::answer_streaming(Connection& connection, std::size_t head_bytes) {
    add(core_.activity.streaming);
    const auto step = answer(connection, head_bytes);
    subtract(core_.activity.streaming);
    return step;
}

Session::Step Session::answer_spooled(Connection& connection) {
    (void)http::parse_head(connection.spool->head_text(), head_limits_, head_); // it was complete the first time
    const auto step = answer(connection, 0);
    head_.clear(); // its text goes with the spool
    return step;
}

} // namespace baton::engine
