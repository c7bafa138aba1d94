// SPDX-License-Identifier: MIT
// An httplib::Server that can be replaced while it runs: systemd's sockets, readiness, and a drain that fails no
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

/// Routes, handlers, hooks, Request and Response are cpp-httplib's own; set them as always, through any reference.
/// Listening, reading and the connection are libbaton's, and it decides about Connection, Keep-Alive and Date. Without
/// an exception handler, the client gets a 500 and the exception's text goes only to the journal. Without an Expect
/// handler, every request whose body is allowed gets 100 (Continue). Register routes and hooks before run(), which
/// takes them. Handlers run on several threads at once, as with httplib.
class Server : private engine::HttplibCheck, public httplib::Server {
  public:
    /// Throws std::runtime_error if no descriptor is left, or if httplib is not libbaton's.
    Server() : Server{engine::k_httplib_seen} {}
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// As in httplib, whose tables they fill: order and matching are those of the httplib compiled against. A request
    /// for a path exactly as registered is found by hash; routes set through an httplib::Server& work without the hash.
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

    /// True from SIGTERM on. Streams and long jobs may check it to end early.
    [[nodiscard]] bool draining() const noexcept;
    /// Calls `callback` once when draining begins, on the thread that called run(). It should return soon.
    Server& on_drain(std::function<void()> callback);
    /// Calls `callback` at SIGHUP, between RELOADING=1 and READY=1, on the thread that called run().
    Server& on_reload(std::function<void()> callback);
    /// Begins to drain, as SIGTERM does; run() returns after the drain. Callable from any thread, but not from a signal
    /// handler.
    void drain() noexcept;
    /// As in httplib: ends the run soon. Finishes requests in progress, cuts streams and closes idle connections. It
    /// does not shut down a listening socket, which would end it for every process that holds it. Does nothing if the
    /// server does not run or already drains: SIGTERM followed by stop() is a drain.
    void stop() noexcept;

    /// bind_to_port() and listen_after_bind().
    bool listen(const std::string& host, int port, int socket_flags = 0);
    /// Takes the sockets that systemd passed, else binds. `host` is a name or address, "" for all addresses, or a path
    /// with set_address_family(AF_UNIX). Through an httplib::Server&, httplib binds by itself, and fails if systemd
    /// holds the address. False on failure, after logging why.
    bool bind_to_port(const std::string& host, int port, int socket_flags = 0);
    /// Returns the port; systemd's, if it passed a socket. -1 on failure.
    int bind_to_any_port(const std::string& host, int socket_flags = 0);
    /// Calls baton::run() with the bound sockets. False if it could not begin.
    bool listen_after_bind();
    /// httplib calls this before it binds, if it is called through an httplib::Server&.
    [[nodiscard]] bool is_valid() const override;

  private:
    friend struct engine::ServerAccess;
    explicit Server(const engine::HttplibSeen& seen);
    /// Connections never pass through here, so an override would have no effect: check Request::remote_addr in a
    /// pre-routing handler instead.
    bool process_and_close_socket(socket_t socket) final;

    std::unique_ptr<engine::ServerState> state_;
};

/// Serves until SIGTERM, SIGINT or Server::drain(), and then until all requests in progress are finished, at most for
/// Timeouts::drain. Sends systemd READY=1 once it can answer, feeds its watchdog, and sends STOPPING=1.
///
/// It listens on the sockets that systemd passed (sd_listen_fds(3); TCP and unix, several), else on Options::address.
/// It also listens on the unix socket $BATON_PRIVATE_SOCKET, if set. That socket serves during the drain too, and also
/// answers GET /.baton/state and GET /.baton/metrics. It handles SIGTERM, SIGINT and SIGHUP while it runs, and also
/// calls the handlers that the program had installed. It leaves SIGINT to a program that handles or ignores it. SIGURG
/// is for the library's own threads.
///
/// A setting on httplib::Server sets the corresponding Option, if that has its default value: set_keep_alive_timeout()
/// sets Timeouts::idle, set_keep_alive_max_count() sets Limits::max_requests, set_read_timeout() sets Timeouts::head
/// and body, set_write_timeout() sets Timeouts::write, and a new_task_queue that makes a ThreadPool sets
/// Options::max_workers; any other queue is refused. set_socket_options() applies to sockets that libbaton makes.
/// set_tcp_nodelay() is always on, and set_idle_interval() has no effect.
///
/// Returns the exit status for main(): 0 after a drain; 1 if it could not begin, after printing why on stderr.
int run(Server& server, const Options& options = {});

} // namespace baton
