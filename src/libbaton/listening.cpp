// SPDX-License-Identifier: MIT
#include "libbaton/listening.hpp"

#include "base/error.hpp"
#include "base/socket_name.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/route/server_state.hpp"
#include "libbaton/service/listen.hpp"

#include <baton/server.hpp>

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

namespace baton {

using engine::Level;
using engine::log;
using engine::ServerAccess;

namespace {

/// Queues nothing: everything has been served by the time it is made.
class EmptyQueue : public httplib::TaskQueue {
    using Task = std::function<void()>;
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<Task>()));

  public:
    Enqueued enqueue(Task) override { return Enqueued(); }
    void shutdown() override {}
};

/// Takes the socket that the program bound with httplib::Server's functions, unless baton::Server's have already bound
/// one.
void adopt_what_httplib_bound(Server& server) {
    auto bound = ServerAccess::take_socket(server);
    auto& listeners = ServerAccess::state(server).bound;
    if (!bound || !listeners.empty()) return;
    listeners = service::passed_listeners(server, {.socket = socket_name(bound.get())});
    if (listeners.empty()) listeners.push_back(service::adopt_bound(std::move(bound), "httplib's socket"));
}

/// Called from httplib's own listen(), which has bound and would now accept.
void serve_what_is_bound(Server& server) {
    adopt_what_httplib_bound(server);
    if (run(server) == 0) return; // httplib then finds no socket, and returns true
    ServerAccess::give_socket(
        server, Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}); // httplib fails on that, and returns false
}

struct WayIn {
    Server* server;
    httplib::TaskQueue* operator()() const {
        serve_what_is_bound(*server);
        return new EmptyQueue;
    }
};

std::string numeric_host(const std::string& host, int family) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
        throw Error{"listening on '" + host + "': " + ::gai_strerror(error), error_kind::config};
    std::array<char, NI_MAXHOST> text{};
    const int error =
        ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    ::freeaddrinfo(found);
    if (error != 0) throw Error{"listening on '" + host + "': " + ::gai_strerror(error), error_kind::config};
    return text.data();
}

/// In the form of Options::address.
std::string address_of(const std::string& host, int port, int family) {
    if (family == AF_UNIX) return std::filesystem::absolute(host).string();
    std::string name = host;
    if (host.empty() && family == AF_INET) name = "0.0.0.0";
    if (host == "localhost") name = family == AF_INET6 ? "::1" : "127.0.0.1";
    if (!name.empty()) name = numeric_host(name, family);
    if (name.find(':') != std::string::npos) name = "[" + name + "]";
    return name + ":" + std::to_string(port);
}

bool bind(Server& server, engine::ServerState& state, const std::string& host, int port) {
    try {
        if (!server.is_valid()) return false; // may be the program's own override
        const auto address = address_of(host, port, engine::address_family(server));
        state.bound = service::passed_listeners(server, {.socket = service::socket_name_of(address)});
        if (state.bound.empty()) state.bound.push_back(service::bind_to(address, engine::socket_options(server)));
        return true;
    } catch (const std::exception& error) {
        log(Level::error, error.what());
        return false;
    }
}

/// Makes wait_until_ready() of newer httplibs return.
template <class Any>
void give_up(Any& server) {
    if constexpr (requires { server.decommission(); }) server.decommission();
}

} // namespace

void listening::take_task_queue(Server& server) {
    if (server.new_task_queue.target<WayIn>() != nullptr) return;
    ServerAccess::state(server).task_queue = std::move(server.new_task_queue);
    server.new_task_queue = WayIn{&server};
}

bool Server::is_valid() const {
    listening::take_task_queue(
        const_cast<Server&>(*this)); // httplib's bind_internal() calls this on its way to the loop
    return httplib::Server::is_valid();
}

bool Server::process_and_close_socket(socket_t socket) {
    (void)Fd{socket};
    log(Level::error, "listening: new_task_queue was set between httplib's bind and its listen_after_bind(), so its "
                      "own loop runs and not libbaton's; set it before, or call both on the baton::Server");
    httplib::Server::stop();
    return false;
}

bool Server::listen(const std::string& host, int port, int socket_flags) {
    return bind_to_port(host, port, socket_flags) && listen_after_bind();
}

bool Server::bind_to_port(const std::string& host, int port, int /*socket_flags*/) {
    if (bind(*this, *state_, host, port)) return true;
    give_up(static_cast<httplib::Server&>(*this));
    return false;
}

int Server::bind_to_any_port(const std::string& host, int socket_flags) {
    if (!bind_to_port(host, 0, socket_flags)) return -1;
    const int port = service::port_of(state_->bound.front().fd.get());
    if (port < 0) log(Level::error, "listening on '" + state_->bound.front().name + "': it has no port");
    return port;
}

bool Server::listen_after_bind() {
    adopt_what_httplib_bound(*this);
    if (run(*this) == 0) return true;
    give_up(static_cast<httplib::Server&>(*this));
    return false;
}

} // namespace baton
