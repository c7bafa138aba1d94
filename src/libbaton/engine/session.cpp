// SPDX-License-Identifier: MIT
#include "libbaton/engine/session.hpp"

#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/engine/prelude.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/http/characters.hpp"
#include "libbaton/http/reply_text.hpp"

#include <algorithm>
#include <array>

namespace baton::engine {
namespace {

bool is_known(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 7> k_methods{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    return std::find(k_methods.begin(), k_methods.end(), method) != k_methods.end();
}

} // namespace

Session::Session(Core& core)
    : core_{core}, input_{core.options.limits.max_head_bytes + core.options.limits.buffered_body_bytes, core.activity},
      head_limits_{core.options.limits.max_head_bytes, core.options.limits.max_target_bytes,
                   core.options.limits.max_fields} {}

void Session::serve(Connection& connection) noexcept {
    try {
        do {
            again_ = false;
            take_turn(connection);
        } while (again_);
        output_.give_back();
    } catch (const std::exception& error) { // out of memory; what parks does not throw, so it is still ours
        log(Level::error, error.what());
        (void)close(connection);
    } catch (...) { // the program's
        log_current_exception("serving a connection");
        (void)close(connection);
    }
}

void Session::take_turn(Connection& connection) {
    auto& counters = core_.counters_of(connection);
    if (!connection.unread.empty()) subtract(counters.reading);
    core_.memory.note(connection.unread.capacity());
    input_.open(connection, counters.received_bytes);
    // head_ is still that of the connection before.
    if (connection.spool)
        head_.clear();
    else if (!input_.view().empty())
        (void)http::parse_head(input_.view(), head_limits_, head_);
    if (core_.cutting.load(std::memory_order_acquire) || is_stopped(connection)) return (void)close(connection);
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
        else if (turn_is_over(connection))
            step = interrupt(connection);
        else if (!has_message(connection))
            step = park_reading(connection);
        else if (connection.spool)
            step = spool_on(connection);
        else
            step = read_message(connection);
    }
}

/// A client that pipelines or uploads without end shares the workers with the others.
/// Empty lines before a request are none of one; RFC 9112 section 2.2.
bool Session::has_message(const Connection& connection) noexcept {
    if (connection.spool) return !input_.view().empty();
    input_.skip_empty_lines();
    return input_.has_message();
}

bool Session::turn_is_over(const Connection& connection) const noexcept {
    constexpr unsigned k_most_requests = 64;
    const bool has_more = input_.has_message() || (connection.spool && !input_.drained());
    const bool has_done = answered_ > 0 || connection.spool;
    return has_more && has_done && (answered_ >= k_most_requests || now() - turn_began_ >= k_turn);
}

Session::Step Session::receive(Connection& connection) {
    const bool begins = !input_.has_message() && !connection.spool;
    switch (input_.receive(connection.socket.get())) {
    case Received::some:
        if (begins && has_message(connection)) {
            connection.since = now();
            connection.pace.begin(connection.since, core_.options.timeouts.body);
        }
        connection.deadline.store(k_never, std::memory_order_relaxed);
        return Step::go_on;
    case Received::nothing: {
        const auto deadline = connection.deadline.load(std::memory_order_relaxed);
        if (now() >= deadline) return expire(connection);
        const bool as_before = deadline != k_never && !core_.stopping.load(std::memory_order_relaxed);
        return as_before ? park(connection, deadline) : park_reading(connection);
    }
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
    const auto target = http::split_target(head_.method, head_.target);
    if (!is_known(head_.method)) return refuse(connection, 501, "an unknown method");
    if (!target) return refuse(connection, 400, "a target of a wrong form");
    if (head_.body == http::BodyKind::length && head_.content_length > core_.options.limits.max_body_bytes)
        return refuse(connection, 413, "the body is too large");
    if (asks_program(connection) && !is_own(connection, *target)) {
        Exchange exchange{core_, connection, input_, output_, head_, *target};
        if (!exchange.body_is_welcome()) return answer_early(connection, exchange, result.bytes);
    }
    if (is_malformed(input_.view().substr(result.bytes))) return refuse(connection, 400, "a malformed chunk");
    const auto waiting = head_.body == http::BodyKind::none ? Waiting::done : where_to_wait(result.bytes);
    const bool asks = waiting != Waiting::done && waits_for_continue(connection, result.bytes);
    if ((asks || waiting == Waiting::in_file) && !is_routed(connection) && !is_own(connection, *target)) {
        Exchange exchange{core_, connection, input_, output_, head_, *target};
        if (!exchange.is_routed()) return answer_early(connection, exchange, result.bytes);
    }
    if (asks) say_continue(connection);
    if (waiting == Waiting::in_memory) return Step::need_input;
    if (waiting == Waiting::in_file) return begin_spool(connection, result.bytes);
    if (waiting == Waiting::by_handler) return answer_streaming(connection, result.bytes);
    return answer(connection, result.bytes);
}

Session::Step Session::answer(Connection& connection, std::size_t head_bytes) {
    const auto target = http::split_target(head_.method, head_.target); // it was good when the head came
    begin_request(connection);
    input_.consume(head_bytes); // what head_ and target view stays as it is until more is received
    if (is_own(connection, *target)) return answer_own(connection, *target);
    auto after = AfterReply::close;
    {
        Exchange exchange{core_, connection, input_, output_, head_, *target};
        after = exchange.serve();
    }
    return conclude(connection, after);
}

Session::Step Session::conclude(Connection& connection, AfterReply after) {
    if (after == AfterReply::abort) log_stream(connection);
    if (!connection.stream) return finish_reply(connection, after);
    connection.after_reply = after;
    return stream_on(connection);
}

bool Session::asks_program(const Connection& connection) const noexcept {
    return head_.expect == http::Expect::continue_100 && core_.state.expect && !connection.prelude;
}

bool Session::is_routed(const Connection& connection) noexcept {
    return connection.prelude && connection.prelude->routed;
}

/// Without waiting for the body: `exchange` has a reply already.
Session::Step Session::answer_early(Connection& connection, Exchange& exchange, std::size_t head_bytes) {
    begin_request(connection);
    input_.consume(head_bytes);
    return conclude(connection, exchange.answer_early());
}

/// A request whose body went to a file has begun before.
void Session::begin_request(Connection& connection) {
    auto& counters = core_.counters_of(connection);
    output_.open(connection, counters.sent_bytes);
    if (connection.in_flight) return;
    connection.in_flight = true;
    ++connection.requests;
    connection.begun = precise_now();
    add(counters.in_flight);
    if (core_.access_log != nullptr && connection.audience == Audience::everyone) begin_access_entry(connection);
}

void Session::begin_access_entry(Connection& connection) const {
    auto entry = std::make_unique<AccessEntry>();
    entry->method = head_.method;
    entry->path = head_.target.substr(0, head_.target.find('?')); // what follows often holds what no log should
    for (const auto& field : head_.fields)
        if (http::same_word(field.name, "User-Agent")) entry->user_agent = field.value;
    entry->peer = peer_of(connection).remote_address;
    connection.access = std::move(entry);
}

bool Session::is_own(const Connection& connection, const http::Target& target) const noexcept {
    if (connection.audience == Audience::host && target.path.substr(0, 8) == "/.baton/") return true;
    const bool reads = head_.method == "GET" || head_.method == "HEAD";
    return reads && !core_.options.metrics_path.empty() && target.path == core_.options.metrics_path;
}

/// What `baton` and a monitoring system ask of a release.
Session::Step Session::answer_own(Connection& connection, const http::Target& target) {
    http::OwnReply reply{.status = 404, .body = "not found\n"};
    std::string text;
    if (target.path == "/.baton/state") {
        text = core_.describe();
        reply = {.status = 200, .content_type = "application/json", .body = text};
    } else if (target.path == "/.baton/accept" && head_.method == "POST") {
        core_.accept();
        reply = {.status = 204};
    } else if (target.path == "/.baton/metrics" || target.path == core_.options.metrics_path) {
        text = core_.metrics();
        reply = {.status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = text};
    }
    const bool leaves = connection.audience == Audience::everyone && core_.draining.load() && !has_message(connection);
    reply.close = leaves || head_.persistence == http::Persistence::close || head_.body != http::BodyKind::none;
    reply.head_only = head_.method == "HEAD";
    connection.status = reply.status;
    output_.append(http::format(reply));
    return finish_reply(connection, reply.close ? AfterReply::linger : AfterReply::next_request);
}

/// The framing is not to be trusted from here on: the connection ends with this reply.
Session::Step Session::refuse(Connection& connection, int status, std::string_view reason) {
    if (connection.spool) (void)http::parse_head(connection.spool->head_text(), head_limits_, head_);
    begin_request(connection);
    auto after = AfterReply::linger;
    {
        const auto target = http::split_target(head_.method, head_.target).value_or(http::Target{});
        Exchange exchange{core_, connection, input_, output_, head_, target};
        after = exchange.refuse(status, reason);
    }
    head_.clear(); // its text may go with the spool
    input_.consume(input_.view().size());
    return finish_reply(connection, after);
}

Session::Step Session::finish_reply(Connection& connection, AfterReply after) {
    auto& counters = core_.counters_of(connection);
    ++answered_;
    counters.requests.add(connection.status);
    if (core_.draining.load(std::memory_order_relaxed)) add(counters.drained);
    connection.after_reply = after;
    connection.spool.reset();
    connection.continue_sent = false;
    connection.prelude.reset();
    output_.flush();
    if (connection.access) connection.access->sent_bytes += output_.sent_bytes();
    core_.memory.note(output_.sent_bytes()); // about what its handler had made
    if (output_.broken() || after == AfterReply::abort) return close(connection);
    if (output_.unsent_bytes() == 0) return after_reply(connection);
    return park_writing(connection);
}

Session::Step Session::park_writing(Connection& connection) {
    const auto patience = core_.options.timeouts.write;
    set_phase(connection, Phase::writing);
    output_.keep(connection);
    connection.pace.begin(now(), patience);
    return park(connection, connection.pace.progress(connection.sent, patience, core_.options.limits));
}

Session::Step Session::write_on(Connection& connection) {
    const auto before = connection.sent;
    if (connection.stream && connection.unsent.empty()) return stream_on(connection);
    const auto outcome = send_some(connection.socket.get(), connection.unsent, connection.sent);
    add(core_.counters_of(connection).sent_bytes, connection.sent - before);
    if (connection.access) connection.access->sent_bytes += connection.sent - before;
    switch (outcome) {
    case Sent::all:
        core_.memory.note(connection.unsent.capacity());
        release(connection.unsent);
        connection.sent = 0;
        if (connection.stream) return interrupt(connection); // behind those who have asked for something
        set_phase(connection, Phase::reading);
        return after_reply(connection);
    case Sent::failed:
        return close(connection);
    case Sent::some:
        break;
    }
    const auto due = connection.pace.progress(connection.sent, core_.options.timeouts.write, core_.options.limits);
    return now() >= due ? expire(connection) : park(connection, due);
}

} // namespace baton::engine
