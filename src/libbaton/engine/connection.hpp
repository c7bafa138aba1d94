// SPDX-License-Identifier: MIT
// One accepted connection: all that is kept of it while nobody works on it. Its slot outlives it and is used again.
#pragma once

#include "base/fd.hpp"
#include "libbaton/engine/access_log.hpp"
#include "libbaton/engine/deadlines.hpp"
#include "libbaton/engine/spool.hpp"
#include "libbaton/engine/time.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace baton::engine {

struct Prelude;
class ReplyStream;

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

/// A private connection came by the release's own socket: it is served while draining and not counted.
enum class Audience : std::uint8_t { everyone, host };

enum class AfterReply : std::uint8_t {
    next_request,
    close,
    linger,
    abort, ///< it is not whole, and the client has to see that
};

/// Both ends as text, for Request::remote_addr and its kin.
struct Peer {
    std::string remote_address;
    std::string local_address;
    int remote_port = 0;
    int local_port = 0;
};

struct Connection {
    Connection();
    ~Connection();

    /// Generation in the upper half, Claim in the lower: an event for a connection that was closed since is told apart.
    std::atomic<std::uint64_t> claim{1ULL << 32U}; // no generation is 0: no key is 0
    /// When the sweep wakes it; written before it is parked.
    std::atomic<Instant> deadline{k_never};

    /// The end of the connection is the end of the reply in flight: without the whole of it, the connection must not
    /// end in good order. Whoever cuts a connection that another has claimed looks at it too.
    std::atomic<bool> ends_reply{false};

    std::uint32_t index = 0;
    Phase phase = Phase::reading;
    Audience audience = Audience::everyone;
    AfterReply after_reply = AfterReply::next_request;
    bool in_flight = false;      ///< a request is being answered: counted in Counters::in_flight
    bool look_closely = false;   ///< an end may wait behind the input: a short read does not mean that there is no more
    bool watches_output = false; ///< the poller tells when there is room for output, too
    bool interrupted = false;    ///< its turn was over while requests were waiting in `unread`
    bool continue_sent = false;  ///< 100 (Continue) has been said to the request that is being read
    Fd socket;
    std::size_t requests = 0;            ///< that have begun
    int status = 0;                      ///< of the request in flight: what its reply says
    std::chrono::nanoseconds begun{};    ///< when that request was complete; precise_now()
    Pace pace;                           ///< of the request or reply that is being moved
    Instant since{};                     ///< when the unfinished message, reply or linger began
    std::string unread;                  ///< received and not yet used; empty while idle
    std::string unsent;                  ///< of the reply
    std::size_t sent = 0;                ///< how much of `unsent` is gone
    std::unique_ptr<Prelude> prelude;    ///< of the request that is being read
    std::unique_ptr<ReplyStream> stream; ///< the rest of a reply that is made while it is sent
    std::unique_ptr<Spool> spool;        ///< a large body on its way to its handler
    std::unique_ptr<Peer> peer;          ///< made when first asked for
    std::unique_ptr<AccessEntry> access; ///< of the request in flight, if it is to be logged
    Connection* next_poked = nullptr;    ///< in the poller's queue; guarded by its mutex
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
