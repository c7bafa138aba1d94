// SPDX-License-Identifier: MIT
// Parses target addresses, and makes the two system calls that begin a connection.
#include "load/target.hpp"

#include "base/error.hpp"
#include "base/number.hpp"
#include "base/socket_name.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace baton::load {
namespace {

Error malformed(std::string_view text, std::string_view cause) {
    return Error{fmt::format("reading the target '{}': {}", text, cause), error_kind::usage,
                 "a target is 8080, 127.0.0.1:8080, [::1]:8080 or /run/shop/http.sock"};
}

std::string_view without_scheme(std::string_view text) {
    constexpr std::string_view k_scheme = "http://";
    if (!text.starts_with(k_scheme)) return text;
    text.remove_prefix(k_scheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

void check_port(std::string_view whole, std::string_view port) {
    if (!parse_number(port, 1, 65535)) throw malformed(whole, fmt::format("'{}' is not a port (1 to 65535)", port));
}

} // namespace

Target::Target(std::string_view text) : text_{text} {
    const auto [path, given_host, is_bracketed, port] = split_address(without_scheme(text));
    if (!path.empty()) {
        set_unix(path);
        return;
    }
    const auto host = given_host.value_or("127.0.0.1");
    const bool is_v6 = host.find(':') != std::string_view::npos;
    if (is_v6 && !is_bracketed) throw malformed(text, "an IPv6 address needs brackets");
    if (host.empty()) throw malformed(text, "no host before ':'");
    check_port(text, port);
    resolve(std::string{host}, std::string{port});
    host_ = is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

void Target::set_unix(std::string_view path) {
    const auto address = unix_address(path);
    if (!address) throw malformed(text_, fmt::format("longer than {} bytes", sizeof address->sun_path - 1)); // unix(7)
    std::memcpy(&address_, &*address, sizeof *address);
    length_ = sizeof *address;
    host_ = "localhost";
}

void Target::resolve(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
        throw malformed(text_, ::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
    length_ = found->ai_addrlen;
}

Fd Target::open() const noexcept {
    Fd fd{::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int on = 1; // sends pipelined requests and upload pieces without delay
    if (fd && !is_unix()) (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int Target::connect(int fd) const noexcept {
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address_);
    return ::connect(fd, raw, length_) == 0 ? 0 : errno;
}

} // namespace baton::load
