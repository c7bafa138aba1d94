// SPDX-License-Identifier: MIT
// An httplib::Server that can be replaced while it runs: sockets from systemd, readiness, and a drain that fails no
// request.
#pragma once

#include <baton/export.hpp>
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

/// Routes, handlers, Request and Response are cpp-httplib's own; listening, reading, and the connection are ours.
/// Register routes and hooks before run(); handlers run on several threads at once, as with httplib.
class BATON_EXPORT Server : public httplib::Server {
  public:
    Server(); ///< Throws std::runtime_error when there is no descriptor left.
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// As httplib's. A pattern without any character special to regular expressions is found by hash, others as before.
    /// Call them on the baton::Server itself: through an httplib::Server& they work, without the hash.
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

    /// These are httplib's, and have to be called on the baton::Server itself too.
    Server& set_pre_routing_handler(HandlerWithResponse handler);
    /// The library has the last word on Connection, Keep-Alive and Date after it.
    Server& set_post_routing_handler(Handler handler);
    Server& set_error_handler(HandlerWithResponse handler);
    Server& set_error_handler(Handler handler);
    /// Without one: 500 to the client, the exception's text to the journal only.
    Server& set_exception_handler(ExceptionHandler handler);
    /// Without one, 100 (Continue) is sent for every request that may have its body.
    Server& set_expect_100_continue_handler(Expect100ContinueHandler handler);
    Server& set_logger(httplib::Logger logger);
    Server& set_default_headers(httplib::Headers headers);
    Server& set_file_request_handler(Handler handler);
    bool set_base_dir(const std::string& directory, const std::string& mount_point = {});
    bool set_mount_point(const std::string& mount_point, const std::string& directory, httplib::Headers headers = {});

    /// True from SIGTERM on. Streams and long jobs may look at it to end early.
    [[nodiscard]] bool draining() const noexcept;
    /// `callback` is called once when draining begins, on the thread that called run(). It should return soon.
    Server& on_drain(std::function<void()> callback);
    /// `callback` is called at SIGHUP, between RELOADING=1 and READY=1, on the thread that called run().
    Server& on_reload(std::function<void()> callback);
    /// Begins to drain, as SIGTERM does; run() returns when that has ended. Any thread; not from a signal handler.
    void drain() noexcept;
    /// httplib's stop() shuts the listening socket down, for every process that holds it. This one is drain().
    void stop() noexcept { drain(); }

    /// baton::run() with the address, so that a program written for httplib stays as it is: an IP address, "localhost"
    /// for 127.0.0.1, or "" for all; `socket_flags` mean nothing here. False: it could not begin. Name Options with
    /// run() itself.
    bool listen(const std::string& host, int port, int socket_flags = 0);
    /// These bind or accept by themselves. Call listen() or run() instead.
    bool bind_to_port(const std::string&, int, int = 0) = delete;
    int bind_to_any_port(const std::string&, int = 0) = delete;
    bool listen_after_bind() = delete;

  private:
    friend struct engine::ServerAccess;

    std::unique_ptr<engine::ServerState> state_;
};

/// Serves until SIGTERM, SIGINT or Server::drain(), and then until all that had begun is finished, or for
/// Timeouts::drain. Tells systemd READY=1 once it can answer, feeds its watchdog, and says STOPPING=1.
///
/// It listens on the sockets systemd passed (sd_listen_fds(3); TCP and unix, several), else on Options::address; and on
/// the unix socket $BATON_PRIVATE_SOCKET, if set, which goes on while draining and also answers GET /.baton/state and
/// GET /.baton/metrics.
/// It takes over SIGTERM, SIGINT and SIGHUP while it runs, and SIGURG for its own threads.
///
/// Returns the exit status for main(): 0 after a drain; 1 if it could not begin, after saying why on stderr.
BATON_EXPORT int run(Server& server, const Options& options = {});

} // namespace baton
