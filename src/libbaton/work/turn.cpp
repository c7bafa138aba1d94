// SPDX-License-Identifier: MIT
#include "libbaton/work/turn.hpp"

#include "libbaton/reply/reply_stream.hpp"
#include "libbaton/request/spool.hpp"
#include "libbaton/work/own_reply.hpp"

#include <sys/socket.h>

namespace baton::engine {

using Next = Gathered::Next;
using Progress = ReplyWriter::Progress;

Turn::Turn(Core& core, Connection& connection, const Desk& desk) noexcept
    : core_{core},
      connection_{connection},
      input_{desk.input},
      output_{desk.output},
      gatherer_{desk.gatherer},
      writer_{core, connection, desk.output} {}

Step Turn::take() {
    open();
    auto step = begin();
    while (step == Step::go_on || step == Step::receive)
        step = step == Step::receive ? receive() : proceed();
    return step;
}

void Turn::open() {
    auto& counters = core_.counters_of(connection_);
    if (holds_part()) subtract(counters.reading);
    core_.memory.note(connection_.unread.capacity());
    input_.open(connection_.unread,
                connection_.look_closely ? Input::ShortRead::tells_nothing : Input::ShortRead::drains,
                counters.received_bytes);
    gatherer_.open(connection_);
}

Step Turn::begin() {
    if (core_.serving() == ServingState::cutting || is_stopped()) return Step::close;
    if (connection_.phase == Phase::lingering) return linger_on();
    if (connection_.phase == Phase::writing) {
        connection_.interrupted = false;
        return follow(writer_.go_on());
    }
    return std::exchange(connection_.interrupted, false) ? Step::go_on : Step::receive;
}

Step Turn::receive() {
    const bool begins = !gatherer_.is_inside();
    switch (input_.receive(connection_.socket.get())) {
    case Received::some:
        if (begins && gatherer_.has_input()) {
            connection_.since = now();
            connection_.pace.begin(connection_.since, core_.options.timeouts.body);
        }
        connection_.deadline.store(k_never, std::memory_order_relaxed);
        return Step::go_on;
    case Received::nothing: {
        const auto deadline = connection_.deadline.load(std::memory_order_relaxed);
        if (now() >= deadline) return expire();
        const bool as_before = deadline != k_never && core_.serving() != ServingState::stopping;
        return as_before ? park(deadline) : wait();
    }
    case Received::end:
    case Received::failed:
    case Received::full:
        break;
    }
    return Step::close;
}

Step Turn::proceed() {
    if (is_over()) return queue();
    return gatherer_.has_input() ? follow(gatherer_.gather()) : wait();
}

/// A client that pipelines or uploads endlessly shares the workers with others.
bool Turn::is_over() const noexcept {
    constexpr unsigned k_most_requests = 64;
    constexpr Milliseconds k_most_time{10};
    const bool spools = connection_.request.spool != nullptr;
    const bool has_more = input_.has_message() || (spools && !input_.drained());
    const bool has_done = answered_ > 0 || spools;
    return has_more && has_done && (answered_ >= k_most_requests || now() - began_ >= k_most_time);
}

Step Turn::follow(const Gathered& gathered) {
    switch (gathered.next) {
    case Next::receive:
        return Step::receive;
    case Next::ask_program:
        return ask_program(&Exchange::body_is_welcome);
    case Next::find_route:
        return ask_program(&Exchange::find_route);
    case Next::spool:
        writer_.begin(gatherer_.head());
        return follow(gatherer_.begin_spool());
    case Next::answer:
        return answer(Exchange::Body::here);
    case Next::answer_streaming:
        return answer_streaming();
    case Next::refuse:
        break;
    }
    return refuse(gathered.status, gathered.reason);
}

/// Does not wait for the body: the program's answer may already be the reply.
Step Turn::ask_program(bool (Exchange::*question)()) {
    auto after = AfterReply::close;
    {
        Exchange exchange{core_, connection_, input_, output_, gatherer_.head()};
        if ((exchange.*question)()) return follow(gatherer_.gather());
        writer_.begin(gatherer_.head());
        after = exchange.answer_early();
    }
    return send(after);
}

Step Turn::answer(Exchange::Body body) {
    writer_.begin(gatherer_.head());
    if (is_own(core_, connection_.audience, gatherer_.head())) return answer_own();
    auto after = AfterReply::close;
    {
        Exchange exchange{core_, connection_, input_, output_, gatherer_.head()};
        after = exchange.serve(body);
    }
    return send(after);
}

Step Turn::answer_streaming() {
    struct Streaming {
        explicit Streaming(std::atomic<std::uint64_t>& the_count) : count{the_count} { add(count); }
        ~Streaming() { subtract(count); }
        Streaming(const Streaming&) = delete;
        Streaming& operator=(const Streaming&) = delete;
        std::atomic<std::uint64_t>& count;
    } const counted{core_.activity.streaming};
    return answer(Exchange::Body::to_come);
}

Step Turn::answer_own() {
    const auto& head = gatherer_.head().head;
    const bool leaves = connection_.audience == Audience::everyone && core_.draining() && !input_.has_message();
    const bool closes = leaves || head.persistence == http::Persistence::close || head.body != http::BodyKind::none;
    const auto reply = make_own_reply(core_, gatherer_.head(), closes);
    connection_.reply.status = reply.status;
    output_.append(reply.text);
    return send(closes ? AfterReply::linger : AfterReply::next_request);
}

/// The framing cannot be trusted from here on: the connection ends with this reply.
Step Turn::refuse(int status, std::string_view reason) {
    writer_.begin(gatherer_.head());
    auto after = AfterReply::linger;
    {
        Exchange exchange{core_, connection_, input_, output_, gatherer_.head()};
        after = exchange.refuse(status, reason);
    }
    input_.consume(input_.view().size());
    return send(after);
}

Step Turn::send(AfterReply after) {
    return follow(writer_.send(after));
}

Step Turn::follow(Progress progress) {
    switch (progress) {
    case Progress::gone:
        return after_reply();
    case Progress::slow:
        return now() >= writer_.due() ? expire() : park(writer_.due());
    case Progress::more:
        return queue();
    case Progress::threw:
        return refuse(500, "internal error");
    case Progress::failed:
        break;
    }
    return Step::close;
}

Step Turn::after_reply() {
    const auto after = connection_.reply.after;
    writer_.end();
    ++answered_;
    connection_.since = now();
    connection_.pace.begin(connection_.since, core_.options.timeouts.body);
    connection_.deadline.store(k_never, std::memory_order_relaxed);
    if (after == AfterReply::next_request) return Step::go_on;
    if (after == AfterReply::close && input_.view().empty()) return Step::close;
    // If we called close(2) now, the kernel would answer further input with a reset, and the client would lose the
    // reply: RFC 9112 section 9.6.
    if (::shutdown(connection_.socket.get(), SHUT_WR) != 0) return Step::close;
    core_.set_phase(connection_, Phase::lingering);
    input_.consume(input_.view().size());
    return park(connection_.since + core_.options.timeouts.linger);
}

Step Turn::linger_on() {
    constexpr int k_most_reads = 64; // then it is the others' turn
    for (int i = 0; i < k_most_reads && !input_.drained(); ++i) {
        const auto received = input_.receive(connection_.socket.get());
        if (received == Received::nothing) break;
        if (received != Received::some) return Step::close;
        input_.consume(input_.view().size());
    }
    const auto deadline = connection_.since + core_.options.timeouts.linger;
    if (now() >= deadline) return Step::close;
    if (!input_.drained()) return Step::queue;
    return park(deadline);
}

/// Waits for more of a request, or for the next one.
Step Turn::wait() {
    if (!input_.drained()) return receive(); // input that is already there makes no event
    const bool idle = !connection_.request.head && input_.view().empty();
    if (idle && core_.serving() == ServingState::stopping) return Step::close;
    const auto due = gatherer_.due();
    return now() >= due ? expire() : park(due);
}

Step Turn::expire() {
    if (connection_.phase == Phase::reading && gatherer_.is_inside()) {
        gatherer_.read_part();
        return refuse(408, "the request did not arrive in time");
    }
    if (core_.draining()) add(connection_.phase == Phase::writing ? core_.counters.cut : core_.counters.closed_idle);
    return Step::close;
}

Step Turn::park(Instant deadline) {
    if (connection_.phase == Phase::writing && !core_.poller.watch_output(connection_)) return Step::close;
    keep_input();
    connection_.deadline.store(deadline, std::memory_order_relaxed);
    return Step::park;
}

Step Turn::queue() {
    keep_input();
    connection_.interrupted = true;
    return Step::queue;
}

void Turn::keep_input() {
    input_.keep(connection_.unread);
    if (holds_part()) add(core_.counters_of(connection_).reading);
}

bool Turn::holds_part() const noexcept {
    return !connection_.reply.in_flight && (connection_.request.head || !connection_.unread.empty());
}

bool Turn::is_stopped() const noexcept {
    if (core_.serving() != ServingState::stopping) return false;
    return connection_.reply.stream || connection_.phase == Phase::lingering || core_.activity.gives_clients_up.load();
}

void Turn::give_up() noexcept {
    writer_.log_stream();
    auto& counters = core_.counters_of(connection_);
    core_.memory.note(connection_.unread.capacity());
    if (connection_.reply.in_flight) { // the client is gone or too slow, or must be cut off
        add(counters.incomplete);
        writer_.end();
    }
    core_.set_phase(connection_, Phase::reading);
}

} // namespace baton::engine
