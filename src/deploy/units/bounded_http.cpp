// SPDX-License-Identifier: MIT
#include "deploy/units/bounded_http.hpp"

#include "base/fd.hpp"
#include "base/number.hpp"
#include "base/socket_name.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace baton::deploy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_most_bytes = 64UL * 1024; // of a reply
constexpr std::size_t k_most_told_bytes = 200;
constexpr std::chrono::milliseconds k_between_calls{100}; // of while_waiting
constexpr std::chrono::milliseconds k_told_soon{200};     // after the head: the next request must not come late

/// Waits until `fd` is ready for `events`; false on timeout.
bool wait_for(int fd, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd ready{fd, events, 0};
        const int n = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (n > 0) return true;
        if (n == 0 || errno != EINTR) return false;
    }
}

Fd connect_to(const std::filesystem::path& path, Clock::time_point deadline) {
    const auto address = unix_address(path.native());
    if (!address) return Fd{};
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    while (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) < 0) {
        if (errno != EAGAIN || Clock::now() >= deadline) return Fd{}; // EAGAIN: its queue is full; unix(7)
        pollfd nothing{-1, 0, 0};
        (void)::poll(&nothing, 1, 1);
    }
    return fd;
}

bool send_all(int fd, std::string_view text, Clock::time_point deadline) {
    while (!text.empty()) {
        const auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n > 0)
            text.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLOUT, deadline)))
            return false;
    }
    return true;
}

std::string request(const HttpQuestion& question) {
    std::string encoded;
    for (const char c : question.target) {
        const auto byte = static_cast<unsigned char>(c);
        encoded += byte > ' ' && byte < 0x7F ? std::string{c} : fmt::format("%{:02X}", byte);
    }
    // 1.0: the reply has no chunks, and the end of the connection ends it.
    return fmt::format("{} {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n{}\r\n", question.method, encoded,
                       question.host, question.method == "POST" ? "Content-Length: 0\r\n" : "");
}

/// "HTTP/1.1 200 OK"
int status_of(std::string_view head) {
    const auto blank = head.find(' ');
    if (!head.starts_with("HTTP/1.") || blank == head.npos) return 0;
    const auto rest = head.substr(blank + 1);
    const auto digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    return parse_number(digits, 100, 999).value_or(0);
}

/// The value of the header whose name is "\nname:".
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
    for (std::size_t at = 0; at + name.size() < head.size(); ++at) {
        if (::strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
        auto value = head.substr(at + name.size());
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        return value.substr(0, value.find_first_of("\r\n"));
    }
    return std::nullopt;
}

std::optional<std::size_t> length_of(std::string_view head) {
    const auto value = header(head, "\ncontent-length:").value_or("");
    return parse_number<std::size_t>(value.substr(0, value.find_last_not_of(" \t") + 1));
}

/// What a reply other than 2xx tells people.
std::string told_by(int status, std::string_view head, std::string_view body) {
    const auto location = header(head, "\nlocation:");
    if (location && status / 100 == 3) return "Location: " + printable(location->substr(0, k_most_told_bytes));
    body.remove_prefix(std::min(body.find_first_not_of("\r\n"), body.size()));
    return printable(body.substr(0, body.find_first_of("\r\n")).substr(0, k_most_told_bytes));
}

/// A reply as it arrives.
class Reply {
  public:
    explicit Reply(Want want) : want_{want} {}

    /// True when everything wanted has arrived.
    bool take(std::string_view bytes) {
        text_ += bytes;
        for (;;) {
            if (head_bytes_ == 0) {
                const auto end = text_.find("\r\n\r\n");
                if (end == text_.npos) return false;
                head_bytes_ = end + 4;
            }
            const auto head = std::string_view{text_}.substr(0, head_bytes_);
            reply_.status = status_of(head);
            if (reply_.status == 0 || reply_.status >= 200) {
                const auto length = length_of(head);
                return reply_.status == 0 || want_ == Want::status || (want_ == Want::told && has_told()) ||
                       (length && text_.size() - head_bytes_ >= *length);
            }
            text_.erase(0, head_bytes_); // 100 Continue and the like precede the reply
            head_bytes_ = 0;
        }
    }
    [[nodiscard]] bool has_head() const { return head_bytes_ != 0; }
    /// The head has arrived, and everything that is worth a longer wait.
    [[nodiscard]] bool wants_no_more_than_told() const { return want_ == Want::told && has_head(); }
    [[nodiscard]] bool too_long() const { return text_.size() >= k_most_bytes; }
    [[nodiscard]] HttpReply end(std::string why) {
        if (reply_.status == 0 && head_bytes_ != 0) why = "the reply is not HTTP";
        if (reply_.status != 0 && reply_.status < 200) reply_.status = 0;
        if (head_bytes_ != 0) reply_.body = text_.substr(head_bytes_);
        if (want_ == Want::told && reply_.status / 100 != 2)
            reply_.told = told_by(reply_.status, std::string_view{text_}.substr(0, head_bytes_), reply_.body);
        if (wants_no_more_than_told() && reply_.status != 0) why.clear();
        reply_.why = std::move(why);
        return std::move(reply_);
    }

  private:
    [[nodiscard]] bool has_told() const {
        const auto head = std::string_view{text_}.substr(0, head_bytes_);
        const auto line = text_.find_first_not_of("\r\n", head_bytes_);
        return reply_.status / 100 == 2 || (reply_.status / 100 == 3 && header(head, "\nlocation:")) ||
               (line != text_.npos && text_.find('\n', line) != text_.npos);
    }

    Want want_;
    HttpReply reply_;
    std::string text_;
    std::size_t head_bytes_ = 0; ///< 0: the head has not ended
};

/// wait_for(), and calls `meanwhile`.
bool wait_for(int fd, short events, Clock::time_point deadline, const std::function<void()>& meanwhile) {
    if (!meanwhile) return wait_for(fd, events, deadline);
    while (!wait_for(fd, events, std::min(deadline, Clock::now() + k_between_calls))) {
        if (Clock::now() >= deadline) return false;
        meanwhile();
    }
    return true;
}

HttpReply read_reply(int fd, const HttpQuestion& question, Clock::time_point deadline) {
    Reply reply{question.want};
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
        const bool had_head = reply.has_head();
        if (n > 0 && reply.take({buffer.data(), static_cast<std::size_t>(n)})) return reply.end("");
        if (!had_head && reply.wants_no_more_than_told()) deadline = std::min(deadline, Clock::now() + k_told_soon);
        if (n == 0) return reply.end(reply.has_head() ? "" : "the connection was closed without a reply");
        if (n > 0 && reply.too_long())
            return reply.end(fmt::format("a reply of more than {}", size_text(k_most_bytes)));
        if (n < 0 && errno != EAGAIN && errno != EINTR) return reply.end(std::strerror(errno));
        // Also ends a reply that never stops sending.
        if (Clock::now() >= deadline ||
            (n < 0 && errno == EAGAIN && !wait_for(fd, POLLIN, deadline, question.while_waiting)))
            return reply.end("no complete reply came in time");
    }
}

} // namespace

HttpReply ask_http(const std::filesystem::path& path, const HttpQuestion& question, std::chrono::microseconds limit) {
    const auto deadline = Clock::now() + limit;
    const auto fd = connect_to(path, deadline);
    return ask_http(fd.get(), question, std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()));
}

HttpReply ask_http(int connection, const HttpQuestion& question, std::chrono::microseconds limit) {
    const auto deadline = Clock::now() + limit;
    if (connection < 0) return {.why = "it accepts no connections there"};
    if (!send_all(connection, request(question), deadline)) return {.why = "the request could not be sent"};
    return read_reply(connection, question, deadline);
}

} // namespace baton::deploy
