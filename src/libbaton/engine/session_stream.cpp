// SPDX-License-Identifier: MIT
// The part of a Session that goes on with a streamed reply, as far as the client takes it.
#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/engine/session.hpp"

namespace baton::engine {

/// Once, whatever became of it.
void Session::log_stream(Connection& connection) noexcept {
    if (!connection.stream) return;
    const auto& [request, response] = connection.stream->message();
    call_logger(core_.state, request, response);
    connection.stream.reset();
}

Session::Step Session::stream_on(Connection& connection) {
    using Progress = ReplyStream::Progress;
    if (connection.phase == Phase::writing)
        output_.open(connection, core_.counters_of(connection).sent_bytes); // it had been parked
    const auto progress = connection.stream->go_on(output_);
    if (connection.access && progress != Progress::finished) connection.access->sent_bytes += output_.sent_bytes();
    const bool nothing_sent = connection.phase != Phase::writing && output_.sent_bytes() == 0 && !output_.broken();
    if (progress == Progress::failed && nothing_sent && connection.stream->threw()) {
        output_.discard(); // the head of a reply that will not be
        connection.stream.reset();
        connection.ends_reply.store(false);
        return refuse(connection, 500, "internal error");
    }
    if (progress == Progress::failed) { // the reply is not whole, and the client sees that by the close
        return close(connection);
    }
    if (progress == Progress::finished) {
        log_stream(connection);
        set_phase(connection, Phase::reading);
        return finish_reply(connection, connection.after_reply);
    }
    if (progress == Progress::client_is_slow) return park_writing(connection);
    set_phase(connection, Phase::writing);
    output_.keep(connection);
    return interrupt(connection);
}

} // namespace baton::engine
