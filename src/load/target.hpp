// SPDX-License-Identifier: MIT
// Where the requests go: a TCP v4, TCP v6 or unix stream address. It opens sockets but never waits for them.
#pragma once

#include "base/fd.hpp"

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace baton::load {

class Target {
  public:
    /// "8080" (on 127.0.0.1), "127.0.0.1:8080", "[::1]:8080", "name:8080", "/run/shop/http.sock"; "http://" before it
    /// and a "/" after it are allowed. Names are looked up once, here. Throws Error (usage) when it is none of these.
    explicit Target(std::string_view text);

    /// A non-blocking, close-on-exec stream socket. Throws nothing: an empty Fd and errno on failure.
    [[nodiscard]] Fd open() const noexcept;
    /// connect(2) on `fd`: 0 connected, EINPROGRESS on the way, else why not.
    [[nodiscard]] int connect(int fd) const noexcept;

    [[nodiscard]] bool is_unix() const noexcept { return address_.ss_family == AF_UNIX; }
    /// As given, for reports.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// What the Host header says: "127.0.0.1:8080", or "localhost" for a unix socket.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }

  private:
    void set_unix(std::string_view path);
    void resolve(const std::string& host, const std::string& port);

    std::string text_;
    std::string host_;
    sockaddr_storage address_{};
    socklen_t length_ = 0;
};

} // namespace baton::load
