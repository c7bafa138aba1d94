// SPDX-License-Identifier: MIT
// Blocking sockets and threads: simple, so that it does wrong only what a test asked for.
#include "raw_server.hpp"

#include "base/error.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace baton::load::test {
namespace {

void require(bool holds, std::string_view doing) {
    if (!holds) throw errno_error(doing);
}

struct Address {
    sockaddr_storage raw{};
    socklen_t length = 0;
    [[nodiscard]] sockaddr* any() noexcept { return reinterpret_cast<sockaddr*>(&raw); }
};

template <typename Exact>
Address pack(const Exact& exact) {
    Address address;
    std::memcpy(&address.raw, &exact, sizeof exact);
    address.length = sizeof exact;
    return address;
}

Address loopback(Family family, const std::string& path) {
    if (family == Family::v4) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return pack(v4);
    }
    if (family == Family::v6) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_addr = in6addr_loopback;
        return pack(v6);
    }
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    return pack(local);
}

Fd bound(Family family, const std::string& path) {
    auto address = loopback(family, path);
    Fd fd{::socket(address.raw.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    require(static_cast<bool>(fd), "creating a test socket");
    require(::bind(fd.get(), address.any(), address.length) == 0, "binding a test socket");
    return fd;
}

std::string target_of(int fd, const std::string& path) {
    if (!path.empty()) return path;
    Address address;
    address.length = sizeof address.raw;
    require(::getsockname(fd, address.any(), &address.length) == 0, "reading a test socket's port");
    sockaddr_in v4{}; // the port is at the same place in sockaddr_in6
    std::memcpy(&v4, &address.raw, sizeof v4);
    return fmt::format("{}:{}", v4.sin_family == AF_INET ? "127.0.0.1" : "[::1]", ntohs(v4.sin_port));
}

} // namespace

bool Peer::fill() {
    std::array<char, 16384> buffer{};
    const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    input_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

bool Peer::read_chunk() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos)
        if (!fill()) return false;
    std::size_t size = 0;
    std::from_chars(input_.data(), input_.data() + end, size, 16);
    while (input_.size() < end + 2 + size + 2)
        if (!fill()) return false;
    body_.append(input_, end + 2, size);
    input_.erase(0, end + 2 + size + 2);
    return size > 0;
}

bool Peer::read_request() {
    constexpr std::string_view k_length = "Content-Length: ";
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return false;
    head_ = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    body_.clear();
    if (head_.find("Transfer-Encoding: chunked") != std::string::npos) {
        while (read_chunk()) {
        }
        return true;
    }
    const auto place = head_.find(k_length);
    if (place == std::string::npos) return true;
    const auto size = std::stoul(head_.substr(place + k_length.size()));
    while (input_.size() < size)
        if (!fill()) return false;
    body_ = input_.substr(0, size);
    input_.erase(0, size);
    return true;
}

void Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return; // the client has gone; its own side says why
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Peer::send_and_finish(std::string_view bytes) {
    (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_MORE); // tcp(7): held back, then sent with the FIN
    (void)::shutdown(fd_, SHUT_WR);
    wait_for_end();
}

void Peer::reset() {
    const linger hard{1, 0}; // socket(7): close(2) sends RST
    (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Peer::wait_for_end() {
    while (fill()) {
    }
}

RawServer::RawServer(Script script, Family family) : script_{std::move(script)} {
    static std::atomic<unsigned> count{0};
    if (family == Family::unix_path)
        path_ = std::filesystem::temp_directory_path() / fmt::format("baton-load-{}-{}.sock", ::getpid(), ++count);
    listener_ = bound(family, path_);
    require(::listen(listener_.get(), 512) == 0, "listening on a test socket");
    target_ = target_of(listener_.get(), path_);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

RawServer::~RawServer() {
    (void)::shutdown(listener_.get(), SHUT_RDWR); // accept(2) returns EINVAL; this listener is ours alone
    acceptor_.join();
    {
        const std::lock_guard lock{mutex_};
        for (const auto& peer : peers_)
            (void)::shutdown(peer.get(), SHUT_RDWR);
    }
    for (auto& script : scripts_)
        script.join();
    if (!path_.empty()) (void)::unlink(path_.c_str());
}

void RawServer::accept_all() {
    for (;;) {
        const int raw = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (raw < 0) return;
        const int on = 1;
        if (path_.empty()) (void)::setsockopt(raw, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto number = accepted_++;
        const std::lock_guard lock{mutex_};
        auto& peer = peers_.emplace_back(raw);
        scripts_.emplace_back([this, &peer, number] {
            Peer view{peer.get(), number};
            script_(view);
            const std::lock_guard closing{mutex_};
            peer.reset();
        });
    }
}

std::string reply(int status, std::string_view body, std::string_view more_headers) {
    return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
                       body.size(), more_headers, body);
}

std::string hello(std::string_view ver, std::string_view pid, std::string_view more_headers) {
    return reply(200, fmt::format(R"({{"message":"hello","ver":"{}","pid":"{}"}})", ver, pid), more_headers);
}

DeadPort dead_port() {
    auto fd = bound(Family::v4, {});
    auto target = target_of(fd.get(), {});
    return {std::move(fd), std::move(target)};
}

} // namespace baton::load::test
