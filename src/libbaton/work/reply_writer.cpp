// SPDX-License-Identifier: MIT
#include "libbaton/work/reply_writer.hpp"

#include "libbaton/http/characters.hpp"
#include "libbaton/reply/reply_stream.hpp"
#include "libbaton/request/prelude.hpp"
#include "libbaton/request/spool.hpp"
#include "libbaton/route/exceptions.hpp"

namespace baton::engine {

using Progress = ReplyWriter::Progress;

void ReplyWriter::begin(const RequestHead& asked) {
    auto& counters = core_.counters_of(connection_);
    auto& reply = connection_.reply;
    output_.open(connection_.socket.get(), counters.sent_bytes);
    if (reply.in_flight) return;
    reply.in_flight = true;
    ++connection_.requests;
    reply.begun = precise_now();
    add(counters.in_flight);
    if (core_.access_log != nullptr && connection_.audience == Audience::everyone)
        reply.access = make_access_entry(asked.head);
}

std::unique_ptr<AccessEntry> ReplyWriter::make_access_entry(const http::Head& head) const {
    auto entry = std::make_unique<AccessEntry>();
    entry->method = head.method_name;
    entry->path = head.target.substr(0, head.target.find('?')); // the query often contains secrets
    for (const auto& field : head.fields)
        if (http::same_word(field.name, "User-Agent")) entry->user_agent = field.value;
    entry->peer = peer_of(connection_).remote_address;
    return entry;
}

Progress ReplyWriter::send(AfterReply after) {
    connection_.reply.after = after;
    if (after == AfterReply::abort) log_stream();
    return connection_.reply.stream ? stream_on() : finish();
}

Progress ReplyWriter::finish() {
    auto& counters = core_.counters_of(connection_);
    counters.requests.add(connection_.reply.status);
    if (core_.draining()) add(counters.drained);
    connection_.request = {};
    output_.flush();
    count_sent(output_.sent_bytes());
    core_.memory.note(output_.sent_bytes()); // roughly the amount that its handler made
    if (output_.broken() || connection_.reply.after == AfterReply::abort) return Progress::failed;
    return output_.unsent_bytes() == 0 ? Progress::gone : wait_for_client();
}

/// A whole large reply, or file of a mount point, waits in memory for each client that is slow to take it.
bool ReplyWriter::take_room() {
    const auto& limits = core_.options.limits;
    auto& room = connection_.reply.room;
    room.reset();
    if (output_.unsent_bytes() <= limits.max_unsent_bytes) return true;
    room = std::make_unique<RoomShare>(core_.spool_room, peer_of(connection_).remote_address, limits.spooled_bytes);
    return room->take(output_.unsent_bytes());
}

Progress ReplyWriter::wait_for_client() {
    if (!take_room()) return Progress::failed;
    const auto patience = core_.options.timeouts.write;
    core_.set_phase(connection_, Phase::writing);
    output_.keep(connection_.reply.unsent, connection_.reply.sent);
    connection_.pace.begin(now(), patience);
    due_ = connection_.pace.progress(connection_.reply.sent, patience, core_.options.limits);
    return Progress::slow;
}

Progress ReplyWriter::go_on() {
    auto& reply = connection_.reply;
    if (reply.stream && reply.unsent.empty()) return stream_on();
    const auto before = reply.sent;
    const auto outcome = send_some(connection_.socket.get(), reply.unsent, reply.sent);
    add(core_.counters_of(connection_).sent_bytes, reply.sent - before);
    count_sent(reply.sent - before);
    if (outcome == Sent::failed) return Progress::failed;
    if (outcome == Sent::some) {
        due_ = connection_.pace.progress(reply.sent, core_.options.timeouts.write, core_.options.limits);
        return Progress::slow;
    }
    core_.memory.note(reply.unsent.capacity());
    release(reply.unsent);
    reply.room.reset();
    reply.sent = 0;
    if (reply.stream) return Progress::more; // after those who have requested something
    core_.set_phase(connection_, Phase::reading);
    return Progress::gone;
}

Progress ReplyWriter::stream_on() {
    auto& stream = connection_.reply.stream;
    const bool was_parked = connection_.phase == Phase::writing;
    if (was_parked) output_.open(connection_.socket.get(), core_.counters_of(connection_).sent_bytes);
    const auto progress = stream->go_on(output_);
    if (progress != ReplyStream::Progress::finished) count_sent(output_.sent_bytes());
    switch (progress) {
    case ReplyStream::Progress::finished:
        log_stream();
        core_.set_phase(connection_, Phase::reading);
        return finish();
    case ReplyStream::Progress::client_is_slow:
        return wait_for_client();
    case ReplyStream::Progress::time_is_over:
        core_.set_phase(connection_, Phase::writing);
        output_.keep(connection_.reply.unsent, connection_.reply.sent);
        return Progress::more;
    case ReplyStream::Progress::failed:
        break;
    }
    const bool nothing_sent = !was_parked && output_.sent_bytes() == 0 && !output_.broken();
    if (!nothing_sent || !stream->threw()) return Progress::failed;
    output_.discard(); // the head of a reply that will not follow
    stream.reset();
    connection_.ends_reply.store(false);
    return Progress::threw;
}

void ReplyWriter::count_sent(std::uint64_t bytes) noexcept {
    if (connection_.reply.access) connection_.reply.access->sent_bytes += bytes;
}

void ReplyWriter::log_stream() noexcept {
    auto& stream = connection_.reply.stream;
    if (!stream) return;
    const auto& [request, response] = stream->message();
    call_logger(core_.state, request, response);
    stream.reset();
}

void ReplyWriter::end() noexcept {
    auto& counters = core_.counters_of(connection_);
    auto& reply = connection_.reply;
    connection_.ends_reply.store(false);
    subtract(counters.in_flight);
    const auto duration = precise_now() - reply.begun;
    counters.durations.add(duration);
    if (reply.access) {
        reply.access->status = reply.status;
        reply.access->duration = duration;
        core_.access_log->write(std::move(*reply.access));
    }
    core_.memory.note(reply.unsent.capacity());
    release(reply.unsent);
    reply = {};
}

} // namespace baton::engine
