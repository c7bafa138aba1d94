// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <stdexcept>

namespace test {
namespace {

constexpr auto k_patience = 10s;

std::pair<std::string, std::string> split_field(const std::string& line) {
    const auto colon = line.find(':');
    auto value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    return {line.substr(0, colon), value};
}

Reply parse_head(const std::string& head) {
    Reply reply;
    reply.status = std::stoi(head.substr(9, 3));
    auto begin = head.find("\r\n") + 2;
    for (auto end = head.find("\r\n", begin); end != std::string::npos && end != begin;
         begin = end + 2, end = head.find("\r\n", begin))
        reply.fields.push_back(split_field(head.substr(begin, end - begin)));
    return reply;
}

} // namespace

std::vector<std::string> Reply::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : fields)
        if (::strcasecmp(key.c_str(), std::string{name}.c_str()) == 0) values.push_back(value);
    return values;
}

std::string Reply::field(std::string_view name) const {
    const auto values = all(name);
    return values.empty() ? "" : values.front();
}

Client::Client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    connect_to(port);
}

Client::Client(std::uint16_t port, const char* from) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    (void)::inet_pton(AF_INET, from, &address.sin_addr);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"binding to another address"};
    connect_to(port);
}

void Client::connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    (void)::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"connecting: refused"};
}

Client::Client(const std::string& unix_path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"connecting to " + unix_path + ": refused"};
}

void Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return; // what comes back tells
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Client::finish_sending() {
    (void)::shutdown(fd_.get(), SHUT_WR);
}

bool Client::receive(std::chrono::milliseconds patience) {
    pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) return false;
    char buffer[64 * 1024];
    const auto got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    reset_ = got < 0;
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
}

std::string Client::take(std::size_t bytes) {
    auto taken = received_.substr(0, bytes);
    received_.erase(0, bytes);
    return taken;
}

bool Client::read_until(std::string_view end, std::size_t& position) {
    while ((position = received_.find(end)) == std::string::npos)
        if (!receive(k_patience)) return false;
    return true;
}

bool Client::read_chunks(std::string& body) {
    while (true) {
        std::size_t end = 0;
        if (!read_until("\r\n", end)) return false;
        const auto size = std::stoul(take(end + 2), nullptr, 16);
        while (received_.size() < size + 2)
            if (!receive(k_patience)) return false;
        body += take(size);
        (void)take(2);
        if (size == 0) return true;
    }
}

MaybeReply Client::read_reply(Body body) {
    std::size_t end = 0;
    if (!read_until("\r\n\r\n", end)) return {};
    auto reply = parse_head(take(end + 4));
    if (body == Body::none || reply.status == 204 || reply.status == 304 || reply.status < 200) return reply;
    if (reply.field("Transfer-Encoding") == "chunked") {
        if (!read_chunks(reply.body)) return {};
    } else if (const auto length = reply.field("Content-Length"); !length.empty()) {
        const auto size = std::stoul(length);
        while (received_.size() < size)
            if (!receive(k_patience)) return {};
        reply.body = take(size);
    } else {
        while (receive(k_patience)) {
        }
        reply.body = take(received_.size());
    }
    return reply;
}

MaybeReply Client::get(std::string_view target, std::string_view more_fields) {
    send(get_request(target, more_fields));
    return read_reply();
}

Ending Client::wait_for_end(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
        pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (::poll(&wanted, 1, static_cast<int>(left.count()) + 1) <= 0) break;
        if (!receive(0ms)) return reset_ ? Ending::reset : Ending::closed;
    }
    return Ending::still_open;
}

bool Client::stays_silent(std::chrono::milliseconds time) {
    pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return received_.empty() && ::poll(&wanted, 1, static_cast<int>(time.count())) == 0;
}

std::string get_request(std::string_view target, std::string_view more_fields) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{more_fields} + "\r\n";
}

} // namespace test
