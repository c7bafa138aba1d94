// SPDX-License-Identifier: MIT
// One accepted connection: its state while nobody works on it. Its slot outlives it and is reused.
#pragma once

#include "base/fd.hpp"
#include "libbaton/http/chunked.hpp"
#include "libbaton/io/access_log.hpp"
#include "libbaton/io/listener.hpp"
#include "libbaton/io/pace.hpp"
#include "libbaton/io/peer.hpp"
#include "libbaton/io/time.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace baton::engine {

struct Prelude;
struct RequestHead;
class ReplyStream;
class RoomShare;
class Spool;

/// Who may use a connection, at a given moment.
///   free     nobody; on the table's free list
/// running  the worker that claimed it
/// noticed  the same worker; another event has come meanwhile, and the worker must handle it before it parks
/// parked   nobody; the next event, or the sweep after its deadline, lets a worker claim it
enum class Claim : std::uint32_t { free, running, noticed, parked };

enum class Phase : std::uint8_t {
    reading,   ///< between requests, or inside an incomplete one
    writing,   ///< the reply waits for the client to take it
    lingering, ///< our side is shut; input is discarded until the client closes too
};

enum class AfterReply : std::uint8_t {
    next_request,
    close,
    linger,
    abort, ///< the reply is incomplete, and the client must see that
};

/// The request being read or answered.
struct PendingRequest {
    std::unique_ptr<RequestHead> head; ///< set while the body is awaited; before that, the head is in `unread`
    bool has_reader = false;           ///< its handler reads the body while it arrives; known with `head`
    bool continue_sent = false;        ///< 100 (Continue) has been sent
    http::ChunkedDecoder chunks;       ///< has seen the first `chunk_bytes` bytes of the body, which are still unread
    std::size_t chunk_bytes = 0;
    std::unique_ptr<Prelude> prelude; ///< the hooks' results so far
    std::unique_ptr<Spool> spool;     ///< a large body for the handler
};

/// The reply. It begins when its request is complete or starts to go to a file, and ends when its last byte is sent.
struct PendingReply {
    bool in_flight = false; ///< a reply exists; counted in Counters::in_flight
    AfterReply after = AfterReply::next_request;
    int status = 0;
    std::chrono::nanoseconds begun{};     ///< precise_now()
    std::unique_ptr<AccessEntry> access;  ///< set if the request is to be logged
    std::string unsent;                   ///< bytes that the client has not taken yet
    std::size_t sent = 0;                 ///< the sent part of `unsent`
    std::unique_ptr<RoomShare> room;      ///< what `unsent` has taken of the room
    std::unique_ptr<RoomShare> body_room; ///< what the request's body, which the stream has, has taken
    std::unique_ptr<ReplyStream> stream;  ///< the rest of the reply, made while it is sent
};

/// The state of one connection. Only the worker that has claimed it may use it.
struct ConnectionState {
    Fd socket;
    Audience audience = Audience::everyone;
    Phase phase = Phase::reading;
    bool look_closely = false;   ///< an end may follow the input: a short read does not mean that there is no more
    bool watches_output = false; ///< the poller also reports room for output
    bool interrupted = false;    ///< its turn ended while requests were waiting in `unread`
    std::size_t requests = 0;    ///< requests begun
    Pace pace;                   ///< pace of the current request or reply
    Instant since{};             ///< when the unfinished message, reply or linger began
    std::string unread;          ///< received but not yet used; empty while idle
    std::unique_ptr<Peer> peer;  ///< made on first use
    PendingRequest request;
    PendingReply reply;

    ConnectionState();
    ConnectionState(ConnectionState&&) noexcept;
    ConnectionState& operator=(ConnectionState&&) noexcept;
    ~ConnectionState();
};

/// A slot and the connection in it.
struct Connection : ConnectionState {
    /// Generation in the upper half, Claim in the lower: this exposes events for a connection that has since been
    /// closed.
    std::atomic<std::uint64_t> claim{1ULL << 32U}; // no generation is 0, so no key is 0
    /// When the sweep wakes the connection; written before it is parked.
    std::atomic<Instant> deadline{k_never};
    /// The end of the connection delimits the reply in flight: if the reply is incomplete, the connection must not end
    /// in order. Also read by a thread that cuts a connection that another has claimed.
    std::atomic<bool> ends_reply{false};
    std::uint32_t index = 0;
    Connection* next_poked = nullptr; ///< in the poller's queue; guarded by the poller's mutex
};

constexpr std::uint64_t claim_word(std::uint32_t generation, Claim claim) noexcept {
    return (static_cast<std::uint64_t>(generation) << 32U) | static_cast<std::uint32_t>(claim);
}
constexpr std::uint32_t generation_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32U);
}
constexpr Claim claim_of(std::uint64_t word) noexcept {
    return static_cast<Claim>(static_cast<std::uint32_t>(word));
}

/// The addresses of both ends of `connection`'s socket; made once.
const Peer& peer_of(Connection& connection);

} // namespace baton::engine
