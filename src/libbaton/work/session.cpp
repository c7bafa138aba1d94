// SPDX-License-Identifier: MIT
#include "libbaton/work/session.hpp"

#include "libbaton/io/log.hpp"
#include "libbaton/route/exceptions.hpp"

namespace baton::engine {

Session::Session(Core& core)
    : core_{core},
      input_{core.options.limits.max_head_bytes + core.options.limits.buffered_body_bytes, core.activity} {}

void Session::serve(Connection& connection) noexcept {
    bool again = true;
    while (again) {
        Turn turn{core_, connection, {input_, output_, gatherer_}};
        again = false;
        try {
            again = take_turn(turn, connection);
            output_.give_back();
        } catch (
            const std::exception& error) { // out of memory; parking does not throw, so the connection is still ours
            log(Level::error, error.what());
            close(turn, connection);
        } catch (...) { // an exception of the program
            log_current_exception("serving a connection");
            close(turn, connection);
        }
    }
}

bool Session::take_turn(Turn& turn, Connection& connection) {
    switch (turn.take()) {
    case Step::park:
        return ConnectionTable::park(connection) == ConnectionTable::Parked::event_came;
    case Step::queue:
        core_.poller.requeue(connection);
        return false;
    default:
        close(turn, connection);
        return false;
    }
}

void Session::close(Turn& turn, Connection& connection) noexcept {
    auto& counters = core_.counters_of(connection);
    const bool resets = connection.reply.in_flight && connection.ends_reply.load();
    turn.give_up();
    if (resets)
        core_.table.abort(connection);
    else
        core_.table.close(connection);
    subtract(counters.connections);
    if (&counters == &core_.counters) core_.on_closed();
}

} // namespace baton::engine
