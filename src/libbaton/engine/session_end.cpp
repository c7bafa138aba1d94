// SPDX-License-Identifier: MIT
// The part of a Session that ends a turn: what follows a reply, parking, lingering, lateness, closing.
#include "libbaton/engine/deadlines.hpp"
#include "libbaton/engine/session.hpp"

#include <sys/socket.h>

namespace baton::engine {

Session::Step Session::after_reply(Connection& connection) {
    connection.in_flight = false;
    subtract(core_.counters.in_flight);
    connection.since = now();
    connection.deadline.store(k_never, std::memory_order_relaxed);
    if (connection.after_reply == AfterReply::next_request) return Step::go_on;
    if (connection.after_reply == AfterReply::close && input_.view().empty()) return close(connection);
    // close(2) now would answer what is still on its way to us by a reset, which throws the reply away at the client:
    // RFC 9112 section 9.6.
    if (::shutdown(connection.socket.get(), SHUT_WR) != 0) return close(connection);
    connection.phase = Phase::lingering;
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
    if (buffered != 0) deadline = connection.since + times.head;
    const auto spooled = connection.spool ? connection.spool->received() : 0;
    if (connection.spool || (buffered != 0 && head_.body != http::BodyKind::none))
        deadline = message_deadline(connection.since, times.body, buffered + spooled, core_.options.limits);
    return park(connection, deadline);
}

Session::Step Session::interrupt(Connection& connection) {
    input_.keep(connection);
    connection.interrupted = true;
    core_.poller.requeue(connection);
    return Step::done;
}

Session::Step Session::expire(Connection& connection) {
    const bool draining = core_.draining.load(std::memory_order_relaxed);
    head_.clear(); // it may be another connection's
    if (connection.phase == Phase::reading && (connection.spool || !input_.view().empty()))
        return refuse(connection, 408, "the request did not come in time");
    if (draining) add(connection.phase == Phase::writing ? core_.counters.cut : core_.counters.closed_idle);
    return close(connection);
}

Session::Step Session::park(Connection& connection, Instant deadline) {
    if (connection.phase == Phase::writing && !core_.poller.watch_output(connection)) return close(connection);
    input_.keep(connection);
    connection.deadline.store(deadline, std::memory_order_relaxed);
    again_ = ConnectionTable::park(connection) == ConnectionTable::Parked::event_came;
    return Step::done;
}

Session::Step Session::close(Connection& connection) noexcept {
    const bool counted = connection.audience == Audience::everyone;
    if (connection.in_flight) {
        connection.in_flight = false;
        subtract(core_.counters.in_flight);
    }
    core_.table.close(connection);
    subtract(counted ? core_.counters.connections : core_.counters.private_connections);
    if (counted) core_.on_closed();
    return Step::done;
}

} // namespace baton::engine
