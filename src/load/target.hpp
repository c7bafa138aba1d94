// SPDX-License-Identifier: MIT
// The target of the requests: a TCP v4, TCP v6 or unix stream address. It opens sockets but never waits for them.
#pragma once

#include "base/fd.hpp"

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace baton::load {

class Target {
  public:
    /// "8080" (on 127.0.0.1), "127.0.0.1:8080", "[::1]:8080", "name:8080", "/run/shop/http.sock"; a leading "http://"
    /// and a trailing "/" are allowed. Resolves names once, here. Throws Error (usage) for anything else.
    explicit Target(std::string_view text);

    /// A non-blocking, close-on-exec stream socket. Does not throw: on failure, an empty Fd and errno.
    [[nodiscard]] Fd open() const noexcept;
    /// Calls connect(2) on `fd`. Returns 0 if connected, EINPROGRESS while connecting, else the error.
    [[nodiscard]] int connect(int fd) const noexcept;

    [[nodiscard]] bool is_unix() const noexcept { return address_.ss_family == AF_UNIX; }
    /// As given, for reports.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// The value of the Host header: "127.0.0.1:8080", or "localhost" for a unix socket.
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
