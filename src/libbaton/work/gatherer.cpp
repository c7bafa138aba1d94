// SPDX-License-Identifier: MIT
#include "libbaton/work/gatherer.hpp"

#include "libbaton/io/output.hpp"
#include "libbaton/request/prelude.hpp"
#include "libbaton/request/spool.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/work/own_reply.hpp"

#include <algorithm>

namespace baton::engine {

using Next = Gathered::Next;

namespace {

constexpr Gathered refuse(int status, const char* reason) noexcept {
    return {Next::refuse, status, reason};
}

} // namespace

Gatherer::Gatherer(Core& core, Input& input)
    : core_{core},
      input_{input},
      limits_{core.options.limits.max_head_bytes, core.options.limits.max_target_bytes,
              core.options.limits.max_fields} {}

void Gatherer::open(Connection& connection) noexcept {
    connection_ = &connection;
    in_input_.head.clear(); // it belongs to the previous connection
    in_input_.target = {};
}

const RequestHead& Gatherer::head() const noexcept {
    return connection_->request.head ? *connection_->request.head : in_input_;
}

/// Empty lines before a request are not part of it; RFC 9112 section 2.2.
bool Gatherer::has_input() noexcept {
    if (connection_->request.head) return !input_.view().empty();
    input_.skip_empty_lines();
    return input_.has_message();
}

bool Gatherer::is_inside() noexcept {
    return connection_->request.head || has_input();
}

Instant Gatherer::due() noexcept {
    const auto& times = core_.options.timeouts;
    const auto& spool = connection_->request.spool;
    if (connection_->request.head) {
        const auto received = head().text.size() + input_.view().size() + (spool ? spool->received() : 0);
        return connection_->pace.progress(received, times.body, core_.options.limits);
    }
    return connection_->since + (has_input() ? times.head : times.idle);
}

void Gatherer::read_part() noexcept {
    if (!connection_->request.head) (void)http::parse_head(input_.view(), limits_, in_input_.head);
}

Gathered Gatherer::gather() {
    if (connection_->request.spool) return spool_on();
    return connection_->request.head ? gather_body() : gather_head();
}

Gathered Gatherer::gather_head() {
    const auto result = http::parse_head(input_.view(), limits_, in_input_.head);
    if (result.state == http::HeadResult::State::incomplete) return {Next::receive};
    const auto target = http::split_target(in_input_.head.method, in_input_.head.target);
    in_input_.target = target.value_or(http::Target{});
    if (result.state == http::HeadResult::State::refused) return refuse(result.status, result.reason);
    if (in_input_.head.method == http::Method::unknown) return refuse(501, "an unknown method");
    if (!target) return refuse(400, "a malformed target");
    if (in_input_.head.body == http::BodyKind::length &&
        in_input_.head.content_length > core_.options.limits.max_body_bytes)
        return refuse(413, "the body is too large");
    if (!asks_program() && is_whole(input_.view().substr(result.bytes))) {
        input_.consume(result.bytes); // the text that the head views stays valid until more is received
        return {Next::answer};
    }
    keep_head(result.bytes);
    return gather_body();
}

/// Copies the head: input received before the reply is made may overwrite the bytes that it views.
void Gatherer::keep_head(std::size_t bytes) {
    auto kept = std::make_unique<RequestHead>();
    kept->text = input_.view().substr(0, bytes);
    (void)http::parse_head(kept->text, limits_, kept->head); // it was valid a moment ago
    kept->target = *http::split_target(kept->head.method, kept->head.target);
    connection_->request.head = std::move(kept);
    connection_->request.has_reader = find_reader();
    input_.consume(bytes);
}

Gathered Gatherer::gather_body() {
    const bool own = is_own(core_, connection_->audience, head());
    if (asks_program() && !own) return {Next::ask_program};
    if (is_malformed(input_.view())) return refuse(400, "a malformed chunk");
    const bool hooked = static_cast<bool>(core_.state.pre_routing) && !own;
    const auto waiting = head().head.body == http::BodyKind::none ? Waiting::done : where_to_wait(hooked);
    const bool holds_back = waiting != Waiting::done && head().head.expect == http::Expect::continue_100 &&
                            !connection_->request.continue_sent && input_.view().empty();
    // The thread that calls the handler also calls the program's hook, without other work in between.
    if (hooked && waiting == Waiting::by_handler) return {Next::answer_streaming};
    if ((holds_back || waiting == Waiting::in_file) && !hooked && !route_was_found() && !own) return {Next::find_route};
    if (holds_back)
        add(core_.counters_of(*connection_).sent_bytes,
            say_continue(connection_->socket.get(), connection_->request.continue_sent));
    switch (waiting) {
    case Waiting::in_memory:
        return {Next::receive};
    case Waiting::in_file:
        return {Next::spool};
    case Waiting::by_handler:
        return {Next::answer_streaming};
    case Waiting::done:
        break;
    }
    return {Next::answer};
}

Gathered Gatherer::begin_spool() {
    const auto& [text, head, target] = this->head();
    const auto limit = std::min(core_.options.limits.max_body_bytes, ServerAccess::payload_limit(core_.server));
    if (head.body == http::BodyKind::length && head.content_length > limit) return refuse(413, "the body is too large");
    connection_->request.spool =
        std::make_unique<Spool>(head, Spool::Bounds{limit, core_.options.limits.spooled_bytes, core_.spool_room,
                                                    peer_of(*connection_).remote_address});
    return spool_on();
}

Gathered Gatherer::spool_on() {
    auto& spool = *connection_->request.spool;
    input_.consume(spool.take(input_.view()));
    switch (spool.state()) {
    case Spool::State::more:
        return {Next::receive};
    case Spool::State::whole:
        return {Next::answer};
    case Spool::State::malformed:
        return refuse(400, "a malformed chunk");
    case Spool::State::too_large:
        return refuse(413, "the body is too large");
    case Spool::State::no_room:
        break;
    }
    return refuse(503, "no space for the body");
}

bool Gatherer::asks_program() const noexcept {
    return head().head.expect == http::Expect::continue_100 && core_.state.expect && !connection_->request.prelude;
}

/// The hooks have accepted this request before its body arrived.
bool Gatherer::route_was_found() const noexcept {
    return connection_->request.prelude && connection_->request.prelude->routed;
}

/// The decoder after the buffered part of the body: only what is new passes through it.
const http::ChunkedDecoder& Gatherer::decoded(std::string_view buffered) const noexcept {
    auto& decoder = connection_->request.chunks;
    auto& seen = connection_->request.chunk_bytes;
    while (seen < buffered.size() && !decoder.done() && !decoder.malformed())
        seen += decoder.step(buffered.substr(seen)).consumed;
    return decoder;
}

bool Gatherer::is_whole(std::string_view buffered) const noexcept {
    const auto& asked = head().head;
    if (asked.body == http::BodyKind::none) return true;
    return asked.body == http::BodyKind::length ? buffered.size() >= asked.content_length : decoded(buffered).done();
}

/// Whether the buffered part of the body is malformed, whoever reads or skips the body.
bool Gatherer::is_malformed(std::string_view buffered) const noexcept {
    return head().head.body == http::BodyKind::chunked && decoded(buffered).malformed();
}

Gatherer::Waiting Gatherer::where_to_wait(bool hooked) const {
    const auto& asked = head().head;
    const auto buffered = input_.view();
    const auto room = input_.capacity() - head().text.size();
    if (is_whole(buffered)) return Waiting::done;
    const bool fits = asked.body == http::BodyKind::length ? asked.content_length <= room : buffered.size() < room;
    // Some of the workers may wait for clients.
    const bool may_wait = value(core_.activity.streaming) < core_.options.max_workers / 2;
    if (may_wait && connection_->request.has_reader) return Waiting::by_handler;
    const bool is_asked_first = hooked && (!fits || asked.expect == http::Expect::continue_100);
    if (may_wait && is_asked_first && http::may_have_body(asked.method)) return Waiting::by_handler;
    if (fits) return Waiting::in_memory;
    return http::may_have_body(asked.method) ? Waiting::in_file : Waiting::done; // nobody reads it
}

/// Whether its handler reads the body while it arrives.
bool Gatherer::find_reader() const {
    std::string path;
    http::percent_decode(head().target.path, path);
    return core_.state.routes.has_reader(head().head.method, path);
}

} // namespace baton::engine
