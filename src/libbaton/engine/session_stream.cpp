// SPDX-License-Identifier: MIT
// The part of a Session that goes on with a streamed reply, as far as the client takes it.
#include "libbaton/engine/server_state.hpp"
#include "libbaton/engine/session.hpp"

namespace baton::engine {

Session::Step Session::stream_on(Connection& connection) {
    using Progress = ReplyStream::Progress;
    if (connection.phase == Phase::writing)
        output_.open(connection, core_.counters_of(connection).sent_bytes); // it had been parked
    const auto progress = connection.stream->go_on(output_);
    if (connection.access && progress != Progress::finished) connection.access->sent_bytes += output_.sent_bytes();
    if (progress == Progress::failed) { // the reply is not whole, and the client sees that by the close
        connection.stream.reset();
        return close(connection);
    }
    if (progress == Progress::finished) {
        auto& [request, response] = connection.stream->message();
        if (core_.state.logger) core_.state.logger(request, response);
        connection.stream.reset();
        set_phase(connection, Phase::reading);
        return finish_reply(connection, connection.after_reply);
    }
    set_phase(connection, Phase::writing);
    connection.since = now();
    output_.keep(connection);
    if (progress == Progress::time_is_over) return interrupt(connection);
    return park(connection, connection.since + core_.options.timeouts.write);
}

} // namespace baton::engine
