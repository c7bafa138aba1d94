// SPDX-License-Identifier: MIT
// How a baton::Server runs: where it listens without systemd, its limits and its timeouts. All defaults are usable.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace baton {

/// Limits on the resources that one client can occupy. A request beyond a limit gets the status named here.
struct Limits {
    std::size_t max_head_bytes = 16 * 1024;           ///< request line and fields: 431
    std::size_t max_target_bytes = 8 * 1024;          ///< 414
    std::size_t max_fields = 100;                     ///< 431
    std::size_t max_body_bytes = 1024UL << 20U;       ///< per request: 413. set_payload_max_length() sets it
    std::size_t max_decompressed_bytes = 64UL << 20U; ///< of a decoded gzip, deflate or br body: 413
    std::size_t buffered_body_bytes = 64 * 1024;      ///< bodies up to this size are collected in memory
    /// Larger bodies are collected in files, and in memory what a body grows to when it is decoded, up to this total:
    /// 503. What slow clients have not taken yet of large replies counts too; beyond it a reply is cut.
    std::size_t spooled_bytes = 4UL << 30U;
    std::size_t max_unsent_bytes = 256 * 1024; ///< per content provider call, before it waits for the client
    std::size_t max_connections =
        32 * 1024;                ///< public connections; more wait in the kernel's queue. Lowered to fit RLIMIT_NOFILE
    std::size_t max_requests = 0; ///< per connection, which then closes; 0: no limit
    std::size_t min_bytes_per_second = 500; ///< slower than this for longer than the timeout: 408, or the reply is cut
};

/// Timeouts. All are checked about once per second.
struct Timeouts {
    std::chrono::milliseconds idle = std::chrono::seconds{60};  ///< between requests
    std::chrono::milliseconds head = std::chrono::seconds{20};  ///< from a head's first byte to its end: 408
    std::chrono::milliseconds body = std::chrono::seconds{20};  ///< without progress of a body: 408
    std::chrono::milliseconds write = std::chrono::seconds{20}; ///< while a client takes nothing of its reply: cut
    std::chrono::milliseconds linger =
        std::chrono::seconds{5}; ///< reading on after the last reply, so no reset destroys it
    std::chrono::milliseconds drain = std::chrono::seconds{90}; ///< from SIGTERM; remaining requests are then cut
    std::chrono::milliseconds idle_exit{0};                     ///< exit after this time without a connection; 0: never
};

struct Options {
    /// Where to listen if systemd passed no socket: "8080" (all addresses), "127.0.0.1:8080", "[::1]:8080" or
    /// "/run/shop/http.sock". Empty: only systemd's sockets.
    std::string address = {};
    /// Take only the passed sockets of this name: a name of Listen in watch.conf, or FileDescriptorName= of a socket
    /// unit. Empty: the only server of a process takes all sockets. Of several servers, one that is told to listen on
    /// the address of a named socket takes that socket; any other takes those of HttpPort, which are named "http".
    std::string socket_name = {};
    unsigned workers = 0; ///< threads that run handlers; 0: one per CPU, at least two
    /// The limit up to which their number grows while handlers block. A handler, and each call of a content provider,
    /// occupies a worker. A slow client does not: heads, bodies and replies wait with the connection, and so does a
    /// streamed reply between two calls of its provider. There are three exceptions. A content reader gets a worker
    /// while its body is still arriving, so it can see the body at once; this applies to at most half of the workers,
    /// and beyond that the body is complete before the reader begins. The same holds for a large body, and one that the
    /// client asks about, where the program has a pre-routing hook, which decides before the body is awaited; such a
    /// body is kept in memory and counts for Limits::spooled_bytes. A stream keeps its worker if it answers a multipart
    /// form or a content reader, or if its route was registered on httplib::Server itself.
    unsigned max_workers = 256;
    /// The path at which the public sockets serve Prometheus metrics, for example "/metrics"; it overrides the routes.
    /// Empty: only /.baton/metrics on the release's private socket serves them. docs/METRICS.md.
    std::string metrics_path = {};
    /// A journal entry for each public request (`journalctl -t baton-access`), with HTTP_METHOD=, HTTP_PATH= (no
    /// query), HTTP_STATUS=, HTTP_BYTES= (sent, head and body), HTTP_DURATION_USEC=, HTTP_PEER= and HTTP_USER_AGENT=.
    /// $BATON_ACCESS_LOG, 1 or 0, overrides it.
    bool access_log = false;
    Limits limits = {};
    Timeouts timeouts = {};
};

} // namespace baton
