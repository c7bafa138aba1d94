// SPDX-License-Identifier: MIT
// One accepted connection: all that is kept of it while nobody works on it. Its slot outlives it and is used again.
#pragma once

#include "base/fd.hpp"
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
class Spool;

/// Who may use a connection, at a given moment.
///   free     nobody; on the table's free list
///   running  the one worker that claimed it
///   noticed  the same; and another event came meanwhile, which that worker has to look at before it parks it
///   parked   nobody; the next event, or the sweep when its time is over, lets a worker claim it
enum class Claim : std::uint32_t { free, running, noticed, parked };

enum class Phase : std::uint8_t {
    reading,   ///< between requests, or inside one that is not complete
    writing,   ///< a reply waits for the client to take it
    lingering, ///< our side is shut; what still comes is thrown away until the client closes too
};

enum class AfterReply : std::uint8_t {
    next_request,
    close,
    linger,
    abort, ///< it is not whole, and the client has to see that
};

/// The request that is read, or being answered.
struct PendingRequest {
    std::unique_ptr<RequestHead> head; ///< it has come, and its body is awaited; before, it is in `unread`
    bool continue_sent = false;        ///< 100 (Continue) has been said
    std::unique_ptr<Prelude> prelude;  ///< what hooks have said already
    std::unique_ptr<Spool> spool;      ///< a large body on its way to its handler
};

/// The reply, from when its request is complete, or begins to go to a file, until its last byte is gone.
struct PendingReply {
    bool in_flight = false; ///< there is one: counted in Counters::in_flight
    AfterReply after = AfterReply::next_request;
    int status = 0;
    std::chrono::nanoseconds begun{};    ///< precise_now()
    std::unique_ptr<AccessEntry> access; ///< if it is to be logged
    std::string unsent;                  ///< the client has not taken it yet
    std::size_t sent = 0;                ///< how much of `unsent` is gone
    std::unique_ptr<ReplyStream> stream; ///< the rest of it, which is made while it is sent
};

/// What belongs to one connection. Only for the worker that has claimed it.
struct ConnectionState {
    Fd socket;
    Audience audience = Audience::everyone;
    Phase phase = Phase::reading;
    bool look_closely = false;   ///< an end may wait behind the input: a short read does not mean that there is no more
    bool watches_output = false; ///< the poller tells when there is room for output, too
    bool interrupted = false;    ///< its turn was over while requests were waiting in `unread`
    std::size_t requests = 0;    ///< that have begun
    Pace pace;                   ///< of the request or reply that is being moved
    Instant since{};             ///< when the unfinished message, reply or linger began
    std::string unread;          ///< received and not yet used; empty while idle
    std::unique_ptr<Peer> peer;  ///< made when first asked for
    PendingRequest request;
    PendingReply reply;

    ConnectionState();
    ConnectionState(ConnectionState&&) noexcept;
    ConnectionState& operator=(ConnectionState&&) noexcept;
    ~ConnectionState();
};

/// A slot, and the connection that has it.
struct Connection : ConnectionState {
    /// Generation in the upper half, Claim in the lower: an event for a connection that was closed since is told apart.
    std::atomic<std::uint64_t> claim{1ULL << 32U}; // no generation is 0: no key is 0
    /// When the sweep wakes it; written before it is parked.
    std::atomic<Instant> deadline{k_never};
    /// The end of the connection is the end of the reply in flight: without the whole of it, the connection must not
    /// end in good order. Whoever cuts a connection that another has claimed looks at it too.
    std::atomic<bool> ends_reply{false};
    std::uint32_t index = 0;
    Connection* next_poked = nullptr; ///< in the poller's queue; guarded by its mutex
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

/// Both ends of `connection`'s socket; made once.
const Peer& peer_of(Connection& connection);

} // namespace baton::engine
