// SPDX-License-Identifier: MIT
// An httplib::Server that can be replaced while it runs: sockets from systemd, readiness, and a drain that fails no
// request.
#pragma once

#include <baton/httplib_seen.hpp>
#include <baton/options.hpp>
#include <httplib.h>

#include <functional>
#include <memory>
#include <string>

namespace baton {

namespace engine {
struct ServerAccess;
struct ServerState;
} // namespace engine

/// Routes, handlers, hooks, Request and Response are cpp-httplib's own, set as always and through any reference to it;
/// listening, reading, and the connection are ours. The library has the last word on Connection, Keep-Alive and Date.
/// Without an exception handler: 500 to the client, the exception's text to the journal only. Without an Expect handler
/// 100 (Continue) is sent for every request that may have its body.
/// Register routes and hooks before run(), which takes them; handlers run on several threads at once, as with httplib.
class Server : private engine::HttplibCheck, public httplib::Server {
  public:
    /// Throws std::runtime_error when there is no descriptor left, and when it is not the httplib of libbaton.
    Server() : Server{engine::k_httplib_seen} {}
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// As httplib's, whose tables they fill: the order and the matching are those of the httplib compiled against. A
    /// path that is requested as it was registered is found by hash; through an httplib::Server& they work without
    /// that.
    Server& Get(const std::string& pattern, Handler handler);
    Server& Post(const std::string& pattern, Handler handler);
    Server& Post(const std::string& pattern, HandlerWithContentReader handler);
    Server& Put(const std::string& pattern, Handler handler);
    Server& Put(const std::string& pattern, HandlerWithContentReader handler);
    Server& Patch(const std::string& pattern, Handler handler);
    Server& Patch(const std::string& pattern, HandlerWithContentReader handler);
    Server& Delete(const std::string& pattern, Handler handler);
    Server& Delete(const std::string& pattern, HandlerWithContentReader handler);
    Server& Options(const std::string& pattern, Handler handler);

    /// True from SIGTERM on. Streams and long jobs may look at it to end early.
    [[nodiscard]] bool draining() const noexcept;
    /// `callback` is called once when draining begins, on the thread that called run(). It should return soon.
    Server& on_drain(std::function<void()> callback);
    /// `callback` is called at SIGHUP, between RELOADING=1 and READY=1, on the thread that called run().
    Server& on_reload(std::function<void()> callback);
    /// Begins to drain, as SIGTERM does; run() returns when that has ended. Any thread; not from a signal handler.
    void drain() noexcept;
    /// As httplib's: ends the run soon. Requests that have begun are finished, streams are cut, idle connections
    /// closed; no listening socket is shut down, which would end it for every process that holds it. Nothing when it
    /// does not run, or drains already: SIGTERM and then stop() is a drain.
    void stop() noexcept;

    /// bind_to_port() and listen_after_bind().
    bool listen(const std::string& host, int port, int socket_flags = 0);
    /// Takes the sockets that systemd passed, else binds: a host's name or address, "" for all addresses, with
    /// set_address_family(AF_UNIX) a path. Through an httplib::Server& httplib binds by itself, which fails when
    /// systemd holds the address; it says so. False: it could not, and has said why.
    bool bind_to_port(const std::string& host, int port, int socket_flags = 0);
    /// The port; systemd's, if it passed a socket. -1: it could not.
    int bind_to_any_port(const std::string& host, int socket_flags = 0);
    /// baton::run() with what was bound. False: it could not begin.
    bool listen_after_bind();
    /// httplib asks this before it binds, when it is called through an httplib::Server&.
    [[nodiscard]] bool is_valid() const override;

  private:
    friend struct engine::ServerAccess;
    explicit Server(const engine::HttplibSeen& seen);
    /// Connections never come by here, and so would pass by an override: look at Request::remote_addr in a pre-routing
    /// handler instead.
    bool process_and_close_socket(socket_t socket) final;

    std::unique_ptr<engine::ServerState> state_;
};

/// Serves until SIGTERM, SIGINT or Server::drain(), and then until all that had begun is finished, or for
/// Timeouts::drain. Tells systemd READY=1 once it can answer, feeds its watchdog, and says STOPPING=1.
///
/// It listens on the sockets systemd passed (sd_listen_fds(3); TCP and unix, several), else on Options::address; and on
/// the unix socket $BATON_PRIVATE_SOCKET, if set, which goes on while draining and also answers GET /.baton/state and
/// GET /.baton/metrics.
/// It handles SIGTERM, SIGINT and SIGHUP while it runs, and calls the handlers that the program had installed as well.
/// SIGINT is left to a program that handles or ignores it. SIGURG is for the library's own threads.
///
/// What the program has set on httplib::Server is taken for the Option it means, where that is as it comes:
/// set_keep_alive_timeout() for Timeouts::idle, set_keep_alive_max_count() for Limits::max_requests, set_read_timeout()
/// for Timeouts::head and body, set_write_timeout() for Timeouts::write, a new_task_queue that makes a ThreadPool for
/// Options::max_workers; another queue is refused. set_socket_options() is called for sockets that are made here.
/// set_tcp_nodelay() is always on, and set_idle_interval() has nothing to do.
///
/// Returns the exit status for main(): 0 after a drain; 1 if it could not begin, after saying why on stderr.
int run(Server& server, const Options& options = {});

} // namespace baton
