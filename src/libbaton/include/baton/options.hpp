// SPDX-License-Identifier: MIT
// How a baton::Server is run: where it listens without systemd, its limits and its times. Every default serves.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace baton {

/// Bounds on what one client can make the server hold. A request beyond one is answered with the status named here.
struct Limits {
    std::size_t max_head_bytes = 16 * 1024;           ///< request line and fields: 431
    std::size_t max_target_bytes = 8 * 1024;          ///< 414
    std::size_t max_fields = 100;                     ///< 431
    std::size_t max_body_bytes = 1024UL << 20U;       ///< of one request, 413. set_payload_max_length() can lower it
    std::size_t max_decompressed_bytes = 64UL << 20U; ///< of a body sent as gzip, deflate or br, decoded: 413
    std::size_t buffered_body_bytes = 64 * 1024;      ///< bodies up to this wait for their end in memory
    std::size_t spooled_bytes = 4UL << 30U;           ///< larger bodies wait in files, this much of all together: 503
    std::size_t max_unsent_bytes = 256 * 1024; ///< of one call of a content provider, before it waits for the client
    std::size_t max_connections =
        32 * 1024;                ///< public ones; more wait in the kernel's queue. Lowered to fit RLIMIT_NOFILE
    std::size_t max_requests = 0; ///< of one connection, which then closes; 0: no limit
    std::size_t min_bytes_per_second = 500; ///< slower than this for longer than the timeout: 408, or cut
};

/// Waiting times. All are checked about once a second.
struct Timeouts {
    std::chrono::milliseconds idle = std::chrono::seconds{60};  ///< between requests
    std::chrono::milliseconds head = std::chrono::seconds{20};  ///< from a head's first byte to its end: 408
    std::chrono::milliseconds body = std::chrono::seconds{20};  ///< a body standing still: 408
    std::chrono::milliseconds write = std::chrono::seconds{20}; ///< a client that takes nothing of its reply: cut
    std::chrono::milliseconds linger =
        std::chrono::seconds{5}; ///< reading on after the last reply, so that no reset eats it
    std::chrono::milliseconds drain = std::chrono::seconds{90}; ///< from SIGTERM; what is left then is cut
    std::chrono::milliseconds idle_exit{0};                     ///< exit after so long without a connection; 0: never
};

struct Options {
    /// Where to listen when systemd passed no socket: "8080" (all addresses), "127.0.0.1:8080", "[::1]:8080" or
    /// "/run/shop/http.sock". Empty: only systemd's sockets.
    std::string address = {};
    /// Take the passed sockets of this name alone: one of Listen in watch.conf, FileDescriptorName= of a socket unit.
    /// Empty: the only server of a process has all of them. Of several, each that is told to listen on the address of a
    /// named one has that; another has those of HttpPort, which are named "http".
    std::string socket_name = {};
    unsigned workers = 0; ///< threads that run handlers; 0: one per CPU, two at least
    /// How far their number grows while handlers block. A worker is held by a handler, and by one call of a content
    /// provider. Nobody's slowness holds one: heads, bodies and replies wait for their clients with the connection, and
    /// so does a streamed reply between two calls of its provider. But a content reader gets a worker while its body
    /// still comes, so that it can see it at once: half of them at most, beyond that its body is whole before it
    /// begins. And a stream keeps its worker when it answers a multipart form or a content reader, or when its route
    /// was registered on httplib::Server itself.
    unsigned max_workers = 256;
    /// Where the public sockets answer GET with metrics for Prometheus, say "/metrics"; it goes before the routes.
    /// Empty: only /.baton/metrics on the release's private socket does. docs/METRICS.md.
    std::string metrics_path = {};
    /// A journal entry for each public request (`journalctl -t baton-access`), with HTTP_METHOD=, HTTP_PATH= (no
    /// query), HTTP_STATUS=, HTTP_BYTES= (sent, head and body), HTTP_DURATION_USEC=, HTTP_PEER= and HTTP_USER_AGENT=.
    /// $BATON_ACCESS_LOG, 1 or 0, goes before it.
    bool access_log = false;
    Limits limits = {};
    Timeouts timeouts = {};
};

} // namespace baton
