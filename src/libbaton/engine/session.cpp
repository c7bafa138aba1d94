// SPDX-License-Identifier: MIT
#include "libbaton/engine/session.hpp"

#include "libbaton/engine/deadlines.hpp"
#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/http/reply_text.hpp"

#include <algorithm>
#include <array>

namespace baton::engine {
namespace {

bool is_known(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 7> k_methods{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    return std::find(k_methods.begin(), k_methods.end(), method) != k_methods.end();
}

/// A chunked body: all of it is in `buffered`, or what is there is wrong already.
bool chunks_are_settled(std::string_view buffered) noexcept {
    http::ChunkedDecoder decoder;
    while (!buffered.empty() && !decoder.done() && !decoder.malformed())
        buffered.remove_prefix(decoder.step(buffered).consumed);
    return decoder.done() || decoder.malformed();
}

} // namespace

Session::Session(Core& core)
    : core_{core}, input_{core.options.limits.max_head_bytes + core.options.limits.buffered_body_bytes},
      head_limits_{core.options.limits.max_head_bytes, core.options.limits.max_target_bytes,
                   core.options.limits.max_fields} {}

void Session::serve(Connection& connection) noexcept {
    try {
        do {
            again_ = false;
            take_turn(connection);
        } while (again_);
    } catch (const std::exception& error) { // out of memory; what parks does not throw, so it is still ours
        log(Level::error, error.what());
        (void)close(connection);
    }
}

void Session::take_turn(Connection& connection) {
    input_.open(connection);
    if (core_.cutting.load(std::memory_order_acquire)) return (void)close(connection);
    if (connection.phase == Phase::lingering) return linger_on(connection);
    auto step = connection.interrupted ? Step::go_on : Step::need_input;
    connection.interrupted = false;
    answered_ = 0;
    turn_began_ = now();
    if (connection.phase == Phase::writing) step = write_on(connection);
    read_on(connection, step);
}

void Session::read_on(Connection& connection, Step step) {
    while (step != Step::done) {
        if (step == Step::need_input)
            step = receive(connection);
        else if (input_.view().empty())
            step = park_reading(connection);
        else if (turn_is_over())
            step = interrupt(connection);
        else
            step = read_message(connection);
    }
}

/// A client that pipelines without end shares the workers with the others.
bool Session::turn_is_over() const noexcept {
    constexpr unsigned k_most_requests = 64;
    constexpr Milliseconds k_longest{10};
    return answered_ >= k_most_requests || (answered_ > 0 && now() - turn_began_ >= k_longest);
}

Session::Step Session::receive(Connection& connection) {
    const bool begins = input_.view().empty();
    switch (input_.receive(connection.socket.get())) {
    case Received::some:
        if (begins) connection.since = now();
        connection.deadline.store(k_never, std::memory_order_relaxed);
        return Step::go_on;
    case Received::nothing:
        if (now() >= connection.deadline.load(std::memory_order_relaxed)) return expire(connection);
        return park_reading(connection);
    case Received::end:
    case Received::failed:
    case Received::full:
        break;
    }
    return close(connection);
}

Session::Step Session::read_message(Connection& connection) {
    const auto result = http::parse_head(input_.view(), head_limits_, head_);
    if (result.state == http::HeadResult::State::incomplete) return Step::need_input;
    if (result.state == http::HeadResult::State::refused) return refuse(connection, result.status, result.reason);
    if (head_.body == http::BodyKind::length && head_.content_length > core_.options.limits.max_body_bytes)
        return refuse(connection, 413, "the body is too large");
    if (head_.body != http::BodyKind::none && wait_for_body(connection, result.bytes)) return Step::need_input;
    return answer(connection, result.bytes);
}

/// Small bodies wait here, without a worker. A client that asked for it is told to go on.
bool Session::wait_for_body(Connection& connection, std::size_t head_bytes) {
    const auto buffered = input_.view().substr(head_bytes);
    const auto room = input_.capacity() - head_bytes;
    const bool by_length = head_.body == http::BodyKind::length;
    const bool settled = by_length ? buffered.size() >= head_.content_length : chunks_are_settled(buffered);
    const bool asks = head_.expect == http::Expect::continue_100 && !connection.continue_sent && buffered.empty();
    if (settled || (asks && core_.state.expect_handler_set)) return false;
    if (asks) {
        std::size_t sent = 0; // an idle client's socket takes 25 bytes, or it is broken
        connection.continue_sent =
            send_some(connection.socket.get(), "HTTP/1.1 100 Continue\r\n\r\n", sent) == Sent::all;
    }
    return by_length ? head_.content_length <= room : buffered.size() < room;
}

Session::Step Session::answer(Connection& connection, std::size_t head_bytes) {
    const auto target = http::split_target(head_.method, head_.target);
    if (!is_known(head_.method)) return refuse(connection, 501, "an unknown method");
    if (!target) return refuse(connection, 400, "a target of a wrong form");
    connection.in_flight = true;
    add(core_.counters.in_flight);
    input_.consume(head_bytes); // what head_ and target view stays as it is until more is received
    output_.open(connection);
    if (connection.audience == Audience::host && target->path.substr(0, 8) == "/.baton/")
        return answer_own(connection, *target);
    auto after = AfterReply::close;
    {
        Exchange exchange{core_, connection, input_, output_, head_, *target};
        after = exchange.serve();
    }
    return finish_reply(connection, after);
}

/// What `baton` itself asks of a release, on the private socket only.
Session::Step Session::answer_own(Connection& connection, const http::Target& target) {
    http::OwnReply reply{.status = 404, .body = "not found\n"};
    std::string state;
    if (target.path == "/.baton/state") {
        state = core_.describe();
        reply = {.status = 200, .content_type = "application/json", .body = state};
    }
    if (target.path == "/.baton/accept" && head_.method == "POST") {
        core_.accept();
        reply = {.status = 204};
    }
    reply.close = head_.persistence == http::Persistence::close || head_.body != http::BodyKind::none;
    reply.head_only = head_.method == "HEAD";
    output_.append(http::format(reply));
    return finish_reply(connection, reply.close ? AfterReply::linger : AfterReply::next_request);
}

/// The framing is not to be trusted from here on: the connection ends with this reply.
Session::Step Session::refuse(Connection& connection, int status, std::string_view reason) {
    if (!connection.in_flight) {
        connection.in_flight = true;
        add(core_.counters.in_flight);
    }
    output_.open(connection);
    const auto body = std::string{reason} + "\n";
    output_.append(http::format({.status = status, .body = body, .close = true, .head_only = head_.method == "HEAD"}));
    input_.consume(input_.view().size());
    return finish_reply(connection, AfterReply::linger);
}

Session::Step Session::finish_reply(Connection& connection, AfterReply after) {
    ++answered_;
    add(core_.counters.requests);
    if (core_.draining.load(std::memory_order_relaxed)) add(core_.counters.drained);
    connection.after_reply = after;
    connection.since = now();
    connection.continue_sent = false;
    output_.flush();
    if (output_.broken()) return close(connection);
    if (output_.unsent_bytes() == 0) return after_reply(connection);
    connection.phase = Phase::writing;
    output_.keep(connection);
    return park(connection, now() + core_.options.timeouts.write);
}

Session::Step Session::write_on(Connection& connection) {
    const auto before = connection.sent;
    switch (send_some(connection.socket.get(), connection.unsent, connection.sent)) {
    case Sent::all:
        connection.unsent = {};
        connection.sent = 0;
        connection.phase = Phase::reading;
        return after_reply(connection);
    case Sent::failed:
        return close(connection);
    case Sent::some:
        break;
    }
    if (connection.sent == before && now() >= connection.deadline.load(std::memory_order_relaxed))
        return expire(connection);
    const auto deadline =
        message_deadline(connection.since, core_.options.timeouts.write, connection.sent, core_.options.limits);
    return park(connection, deadline);
}

} // namespace baton::engine
