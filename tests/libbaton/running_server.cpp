// SPDX-License-Identifier: MIT
#include "running_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace test {
namespace {

/// As systemd hands it over: blocking.
baton::Fd make_listener() {
    baton::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), 4096) != 0)
        throw std::runtime_error{"listening"};
    return fd;
}

baton::Fd duplicate(int fd) {
    return baton::Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
}

std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

} // namespace

void Gate::open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
}

void Gate::pass() {
    std::unique_lock lock{mutex_};
    ++inside_;
    changed_.notify_all();
    (void)changed_.wait_for(lock, 10s, [this] { return open_; });
}

bool Gate::wait_for(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return inside_ >= count; });
}

baton::Options quick_options() {
    baton::Options options;
    options.workers = 2;
    options.timeouts.drain = 8s;
    options.timeouts.linger = 1s;
    return options;
}

RunningServer::RunningServer(const Routes& routes, baton::Options options, std::string journal)
    : held_{make_listener()}, port_{port_of(held_.get())}, journal_{std::move(journal)} {
    add_routes(routes);
    start(options);
}

RunningServer::RunningServer(const RunningServer& other, const Routes& routes)
    : held_{duplicate(other.held_.get())}, port_{other.port_} {
    add_routes(routes);
    start(quick_options());
}

RunningServer::~RunningServer() {
    gate.open();
    server_.drain();
    thread_.join();
}

void RunningServer::add_routes(const Routes& routes) {
    server_.Get("/hello", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("hello\n", "text/plain");
    });
    server_.Get("/gated", [this](const httplib::Request&, httplib::Response& response) {
        gate.pass();
        response.set_content("passed\n", "text/plain");
    });
    server_.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content(request.body, "application/octet-stream");
    });
    if (routes) routes(server_);
}

void RunningServer::start(const baton::Options& options) {
    server_.on_drain([this] {
        const std::lock_guard lock{mutex_};
        draining_ = true;
        changed_.notify_all();
    });
    thread_ = std::thread{[this, options] {
        baton::service::Service service{server_, options, journal_};
        std::vector<baton::engine::Listener> listeners;
        listeners.push_back({duplicate(held_.get()), "test"});
        service.run(std::move(listeners), nullptr);
        const std::lock_guard lock{mutex_};
        ended_ = true;
        changed_.notify_all();
    }};
}

void RunningServer::begin_drain() {
    server_.drain();
    std::unique_lock lock{mutex_};
    (void)changed_.wait_for(lock, 10s, [this] { return draining_; });
}

bool RunningServer::wait_until_ended(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [this] { return ended_; });
}

} // namespace test
