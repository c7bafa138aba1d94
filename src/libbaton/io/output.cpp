// SPDX-License-Identifier: MIT
#include "libbaton/io/output.hpp"

#include "libbaton/io/input.hpp"
#include "libbaton/io/memory.hpp"
#include "libbaton/io/pace.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace baton::engine {
namespace {

constexpr std::size_t k_gather_bytes = 64 * 1024; // about as much as a socket's buffer takes at once
constexpr std::size_t k_keep_capacity = 256 * 1024;

} // namespace

Sent send_some(int socket, std::string_view bytes, std::size_t& sent) noexcept {
    while (sent < bytes.size()) {
        const auto count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            sent += static_cast<std::size_t>(count);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return Sent::some;
        else if (errno != EINTR)
            return Sent::failed;
    }
    return Sent::all;
}

std::size_t say_continue(int socket, bool& said) noexcept {
    std::size_t sent = 0; // an idle client's socket takes 25 bytes, unless it is broken
    said = send_some(socket, "HTTP/1.1 100 Continue\r\n\r\n", sent) == Sent::all;
    return sent;
}

void Output::open(int socket, ShardedCount& sent_bytes) noexcept {
    sent_bytes_ = &sent_bytes;
    socket_ = socket;
    broken_ = false;
    sent_ = 0;
    reply_bytes_ = 0;
    buffer_.clear();
    give_back();
}

void Output::give_back() noexcept {
    if (buffer_.empty() && buffer_.capacity() > k_keep_capacity) release(buffer_);
}

void Output::append(std::string_view bytes) {
    if (broken_) return;
    if (bytes.size() >= k_gather_bytes) return append_large(bytes);
    buffer_.append(bytes);
    if (unsent_bytes() >= k_gather_bytes) flush();
}

/// Sends first: bytes that the socket takes at once need no copy.
void Output::append_large(std::string_view bytes) {
    flush();
    std::size_t sent = 0;
    if (unsent_bytes() == 0 && !broken_) {
        broken_ = send_some(socket_, bytes, sent) == Sent::failed;
        count(sent);
    }
    if (!broken_) buffer_.append(bytes.substr(sent));
}

void Output::count(std::size_t sent) noexcept {
    reply_bytes_ += sent;
    add(*sent_bytes_, sent);
}

void Output::flush() noexcept {
    if (broken_ || unsent_bytes() == 0) return;
    const auto before = sent_;
    broken_ = send_some(socket_, buffer_, sent_) == Sent::failed;
    count(sent_ - before);
    if (sent_ == buffer_.size()) {
        buffer_.clear();
        sent_ = 0;
    }
}

void Output::discard() noexcept {
    buffer_.clear();
    sent_ = 0;
}

void Output::drain_to(std::size_t bytes, Milliseconds patience, const Limits& limits) noexcept {
    add(activity_.pieces);
    Pace pace;
    pace.begin(now(), patience);
    const auto sent_before = reply_bytes_;
    while (!broken_ && unsent_bytes() > bytes) {
        const auto before = unsent_bytes();
        flush();
        if (unsent_bytes() != before) continue;
        const auto due = pace.progress(reply_bytes_ - sent_before, patience, limits);
        if (!wait_for(socket_, POLLOUT, std::max(due - now(), Milliseconds{0}), activity_)) broken_ = true;
    }
}

Output::Client Output::client() const noexcept {
    if (broken_) return Client::gone;
    char byte = 0;
    const auto got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    pollfd state{.fd = socket_, .events = POLLRDHUP, .revents = 0}; // an end may follow pipelined requests
    if (got != 0 && !(got > 0 && ::poll(&state, 1, 0) > 0))
        return got > 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Client::there : Client::gone;
    (void)::poll(&state, 1, 0);
    return (state.revents & (POLLERR | POLLHUP)) != 0 ? Client::gone : Client::ended;
}

void Output::keep(std::string& unsent, std::size_t& sent) {
    if (sent_ < unsent_bytes() && buffer_.capacity() < 2 * buffer_.size()) {
        unsent.swap(buffer_); // no second copy of large data
        sent = sent_;
    } else {
        unsent.assign(buffer_, sent_);
        sent = 0;
    }
    buffer_.clear();
    sent_ = 0;
}

} // namespace baton::engine
