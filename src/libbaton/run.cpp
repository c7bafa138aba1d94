// SPDX-License-Identifier: MIT
// baton::run(): runs a server on systemd's sockets, else on its own address, until it is told to exit.
#include "base/error.hpp"
#include "base/socket_name.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/listening.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/service/listen.hpp"
#include "libbaton/service/passed_sockets.hpp"
#include "libbaton/service/service.hpp"
#include "libbaton/service/signals.hpp"

#include <baton/server.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>

namespace baton {
namespace {

/// The site's main server among several: the one with the sockets of HttpPort; if none has them, the first.
bool is_asked_for_health(const std::vector<engine::Listener>& listeners) {
    const auto is_http = [](const engine::Listener& it) { return it.name == k_http_socket_name; };
    return !service::PassedSockets::of_process().have_http() ||
           std::any_of(listeners.begin(), listeners.end(), is_http);
}

/// A release has one private socket, however many servers it has.
class PrivateSocket {
  public:
    PrivateSocket() = default;
    ~PrivateSocket() {
        if (is_ours_) is_taken.store(false);
    }
    PrivateSocket(const PrivateSocket&) = delete;
    PrivateSocket& operator=(const PrivateSocket&) = delete;
    bool take() { return is_ours_ = !is_taken.exchange(true); }

  private:
    static inline std::atomic<bool> is_taken{false};
    bool is_ours_ = false;
};

std::vector<engine::Listener> find_listeners(Server& server, const Options& options, PrivateSocket& private_socket) {
    auto listeners = std::move(engine::ServerAccess::state(server).bound);
    if (listeners.empty())
        listeners = service::passed_listeners(
            server, {.name = options.socket_name, .socket = service::socket_name_of(options.address)});
    if (listeners.empty()) {
        if (options.address.empty())
            throw Error{"listening: systemd passed no socket, and Options::address is empty", error_kind::config};
        listeners.push_back(service::bind_to(options.address, engine::socket_options(server)));
    }
    const char* const path = std::getenv("BATON_PRIVATE_SOCKET");
    if (path != nullptr && *path != '\0' && is_asked_for_health(listeners) && private_socket.take())
        listeners.push_back(service::bind_private(path));
    return listeners;
}

/// The runs of this process, which may have several servers. Without libbaton a SIGTERM that the program does not
/// handle ends the process wherever it is. Here it drains first; then a program that listens in main() returns from
/// there and ends by itself. Another thread may have nobody behind it who notices, and a program that listens again
/// would do so for ever.
class Runs {
  public:
    void begin() {
        const std::lock_guard lock{mutex_};
        if (ended_by_ != 0) service::end_process_by(ended_by_, std::chrono::seconds{0});
        ++running_;
        in_main_ = in_main_ || ::gettid() == ::getpid();
    }
    /// `signal` has ended the run; 0: something else has.
    void end(int signal) {
        constexpr std::chrono::seconds k_patience{5};
        const std::lock_guard lock{mutex_};
        --running_;
        if (signal != 0) ended_by_ = signal;
        if (running_ == 0 && ended_by_ != 0 && !in_main_) service::end_process_by(ended_by_, k_patience);
    }

  private:
    std::mutex mutex_;
    int running_ = 0;
    int ended_by_ = 0;
    bool in_main_ = false; ///< one of them, ever
};
Runs g_runs;

struct CountedRun {
    CountedRun() { g_runs.begin(); }
    ~CountedRun() {
        try {
            g_runs.end(ended_by);
        } catch (const Error& error) { // no thread can be made for it
            engine::log(engine::Level::error, error.what());
        }
    }
    CountedRun(const CountedRun&) = delete;
    CountedRun& operator=(const CountedRun&) = delete;
    int ended_by = 0;
};

} // namespace

int run(Server& server, const Options& options) {
    PrivateSocket private_socket;
    try {
        CountedRun counted;
        listening::take_task_queue(server);
        service::Service service{server, options};
        service::Signals signals{service.wakeup().descriptor()};
        service.run(find_listeners(server, options, private_socket), &signals);
        counted.ended_by = signals.ending();
        return 0;
    } catch (const Error& error) {
        engine::log(engine::Level::error, error.what());
        if (!error.hint().empty()) engine::log(engine::Level::error, "hint: " + error.hint());
    } catch (const std::exception& error) {
        engine::log(engine::Level::error, error.what());
    }
    return 1;
}

} // namespace baton
