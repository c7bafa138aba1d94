// SPDX-License-Identifier: MIT
// A raw-socket HTTP client that never retries and reports what it saw. Every wait is bounded; a timeout is a failure.
#pragma once

#include "base/fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

using namespace std::chrono_literals;

struct Reply {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body; ///< chunks joined

    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] std::string field(std::string_view name) const; ///< the first one, or ""
};

/// A look into one that did not come fails the check, and reads nothing that is not there.
struct MaybeReply : std::optional<Reply> {
    using std::optional<Reply>::optional;
    const Reply* operator->() const {
        if (!has_value()) throw std::runtime_error{"no whole reply came"};
        return &**this;
    }
};

enum class Ending { closed, reset, still_open };
enum class Body { expected, none };

class Client {
  public:
    /// Connects over TCP to 127.0.0.1, or to a unix socket. Throws std::runtime_error.
    explicit Client(std::uint16_t port);
    explicit Client(const std::string& unix_path);
    /// Takes a TCP socket that is to be connected by connect_to().
    explicit Client(baton::Fd unconnected) : fd_{std::move(unconnected)} {}
    void connect_to(std::uint16_t port);
    /// From another address of this machine, as "127.0.0.2".
    Client(std::uint16_t port, const char* from);

    void send(std::string_view bytes);
    /// Half-closes: nothing more comes from us.
    void finish_sending();
    /// The next reply; empty when the connection ended before a whole one came, or ten seconds are over.
    MaybeReply read_reply(Body body = Body::expected);
    /// Sends a GET and reads its reply.
    MaybeReply get(std::string_view target, std::string_view more_fields = "");
    /// What is to be read until the connection ends, within `patience`.
    Ending wait_for_end(std::chrono::milliseconds patience = 5s);
    /// Whether nothing comes, not even an end, for `time`.
    bool stays_silent(std::chrono::milliseconds time);
    [[nodiscard]] std::string& received() { return received_; }
    [[nodiscard]] int socket() const { return fd_.get(); }

  private:
    bool receive(std::chrono::milliseconds patience);
    std::string take(std::size_t bytes);
    bool read_chunks(std::string& body);
    bool read_until(std::string_view end, std::size_t& position);

    baton::Fd fd_;
    std::string received_;
    bool reset_ = false;
};

/// "GET target HTTP/1.1" with Host and `more_fields` (each with its CRLF).
std::string get_request(std::string_view target, std::string_view more_fields = "");

} // namespace test
