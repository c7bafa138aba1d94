// SPDX-License-Identifier: MIT
// The part of a Session that ends a turn: what follows a reply, parking, lingering, lateness, closing.
#include "libbaton/engine/session.hpp"

#include <sys/socket.h>

namespace baton::engine {

void Session::set_phase(Connection& connection, Phase phase) noexcept {
    auto& counters = core_.counters_of(connection);
    if (connection.phase == Phase::writing) subtract(counters.writing);
    if (connection.phase == Phase::lingering) subtract(counters.lingering);
    if (phase == Phase::writing) add(counters.writing);
    if (phase == Phase::lingering) add(counters.lingering);
    connection.phase = phase;
}

void Session::end_request(Connection& connection) noexcept {
    auto& counters = core_.counters_of(connection);
    connection.in_flight = false;
    connection.ends_reply.store(false);
    subtract(counters.in_flight);
    const auto duration = precise_now() - connection.begun;
    counters.durations.add(duration);
    if (!connection.access) return;
    connection.access->status = connection.status;
    connection.access->duration = duration;
    core_.access_log->write(std::move(*connection.access));
    connection.access.reset();
}

Session::Step Session::after_reply(Connection& connection) {
    end_request(connection);
    connection.since = now();
    connection.pace.begin(connection.since, core_.options.timeouts.body);
    connection.deadline.store(k_never, std::memory_order_relaxed);
    if (connection.after_reply == AfterReply::next_request) return Step::go_on;
    if (connection.after_reply == AfterReply::close && input_.view().empty()) return close(connection);
    // close(2) now would answer what is still on its way to us by a reset, which throws the reply away at the client:
    // RFC 9112 section 9.6.
    if (::shutdown(connection.socket.get(), SHUT_WR) != 0) return close(connection);
    set_phase(connection, Phase::lingering);
    input_.consume(input_.view().size());
    return park(connection, connection.since + core_.options.timeouts.linger);
}

void Session::linger_on(Connection& connection) {
    constexpr int k_most_reads = 64; // then others have their turn
    for (int i = 0; i < k_most_reads && !input_.drained(); ++i) {
        const auto received = input_.receive(connection.socket.get());
        if (received == Received::nothing) break;
        if (received != Received::some) return (void)close(connection);
        input_.consume(input_.view().size());
    }
    const auto deadline = connection.since + core_.options.timeouts.linger;
    if (now() >= deadline) return (void)close(connection);
    if (!input_.drained()) return core_.poller.requeue(connection);
    (void)park(connection, deadline);
}

Session::Step Session::park_reading(Connection& connection) {
    if (!input_.drained()) return receive(connection); // no event would come for what is there already
    const auto& times = core_.options.timeouts;
    const auto buffered = input_.view().size();
    auto deadline = connection.since + times.idle;
    if (input_.has_message()) deadline = connection.since + times.head;
    if (buffered == 0 && !connection.spool && core_.stopping.load(std::memory_order_relaxed)) return close(connection);
    const auto spooled = connection.spool ? connection.spool->received() : 0;
    if (connection.spool || (input_.has_message() && head_.body != http::BodyKind::none))
        deadline = connection.pace.progress(buffered + spooled, times.body, core_.options.limits);
    return now() >= deadline ? expire(connection) : park(connection, deadline);
}

void Session::keep_input(Connection& connection) {
    input_.keep(connection);
    if (!connection.unread.empty()) add(core_.counters_of(connection).reading);
}

Session::Step Session::interrupt(Connection& connection) {
    keep_input(connection);
    connection.interrupted = true;
    core_.poller.requeue(connection);
    return Step::done;
}

bool Session::is_stopped(const Connection& connection) const noexcept {
    return core_.stopping.load(std::memory_order_relaxed) &&
           (connection.stream || connection.phase == Phase::lingering);
}

Session::Step Session::expire(Connection& connection) {
    const bool draining = core_.draining.load(std::memory_order_relaxed);
    if (connection.phase == Phase::reading && (connection.spool || input_.has_message()))
        return refuse(connection, 408, "the request did not come in time");
    if (draining) add(connection.phase == Phase::writing ? core_.counters.cut : core_.counters.closed_idle);
    return close(connection);
}

Session::Step Session::park(Connection& connection, Instant deadline) {
    if (connection.phase == Phase::writing && !core_.poller.watch_output(connection)) return close(connection);
    keep_input(connection);
    connection.deadline.store(deadline, std::memory_order_relaxed);
    again_ = ConnectionTable::park(connection) == ConnectionTable::Parked::event_came;
    return Step::done;
}

Session::Step Session::close(Connection& connection) noexcept {
    log_stream(connection);
    auto& counters = core_.counters_of(connection);
    const bool resets = connection.in_flight && connection.ends_reply.load();
    if (connection.in_flight) { // the client has gone, or is too slow, or has to go
        add(counters.incomplete);
        end_request(connection);
    }
    set_phase(connection, Phase::reading);
    core_.memory.note(connection.unread.capacity() + connection.unsent.capacity());
    if (resets)
        core_.table.abort(connection);
    else
        core_.table.close(connection);
    subtract(counters.connections);
    if (&counters == &core_.counters) core_.on_closed();
    return Step::done;
}

} // namespace baton::engine
