// SPDX-License-Identifier: MIT
// A server for tests that does exactly as told, including wrong things. One thread per connection; loopback only.
#pragma once

#include "base/fd.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace baton::load::test {

/// One accepted connection, as its script sees it. It closes in order when the script returns.
class Peer {
  public:
    Peer(int fd, std::size_t number) noexcept : fd_{fd}, number_{number} {}

    /// Reads one whole request, head and body, waiting for it; false when the client has ended the connection.
    bool read_request();
    /// The request's head and its body, without chunk framing.
    [[nodiscard]] const std::string& head() const noexcept { return head_; }
    [[nodiscard]] const std::string& body() const noexcept { return body_; }

    /// Sends all of it.
    void send(std::string_view bytes);
    /// Sends it and ends the connection in the same TCP segment, so that the client sees both at once.
    void send_and_finish(std::string_view bytes);
    /// Ends the connection with a reset.
    void reset();
    /// Waits until the client, or the end of the test, ends the connection.
    void wait_for_end();
    /// Counts from 0 in the order of accept(2).
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

  private:
    bool fill();
    bool read_chunk();

    int fd_;
    std::size_t number_;
    std::string input_;
    std::string head_;
    std::string body_;
};

enum class Family { v4, v6, unix_path };

class RawServer {
  public:
    using Script = std::function<void(Peer&)>;

    /// Listens on a free port (or a path in the temporary directory) and runs `script` for each connection.
    explicit RawServer(Script script, Family family = Family::v4);
    /// Ends all connections and waits for their scripts.
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    /// As Target takes it.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    [[nodiscard]] std::size_t connections() const noexcept { return accepted_; }

  private:
    void accept_all();

    Script script_;
    Fd listener_;
    std::string path_;
    std::string target_;
    std::atomic<std::size_t> accepted_{0};
    std::mutex mutex_;
    std::list<Fd> peers_;
    std::list<std::thread> scripts_;
    std::thread acceptor_;
};

/// A good reply of GET /hello.
[[nodiscard]] std::string hello(std::string_view ver, std::string_view pid, std::string_view more_headers = {});
/// "HTTP/1.1 STATUS X" with a Content-Length and `body`.
[[nodiscard]] std::string reply(int status, std::string_view body, std::string_view more_headers = {});
/// The target of a TCP port on which nobody listens, held by the returned descriptor.
struct DeadPort {
    Fd holder;
    std::string target;
};
[[nodiscard]] DeadPort dead_port();

} // namespace baton::load::test
