// SPDX-License-Identifier: MIT
#include "libbaton/engine/output.hpp"

#include "libbaton/engine/input.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace baton::engine {
namespace {

constexpr std::size_t k_gather_bytes = 64 * 1024; // about what a socket's buffer takes at once
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

void Output::open(Connection& connection, ShardedCount& sent_bytes) noexcept {
    sent_bytes_ = &sent_bytes;
    socket_ = connection.socket.get();
    broken_ = false;
    sent_ = 0;
    reply_bytes_ = 0;
    if (buffer_.capacity() > k_keep_capacity) buffer_ = {};
    buffer_.clear();
}

void Output::append(std::string_view bytes) {
    if (broken_) return;
    buffer_.append(bytes);
    if (unsent_bytes() >= k_gather_bytes) flush();
}

void Output::flush() noexcept {
    if (broken_ || unsent_bytes() == 0) return;
    const auto before = sent_;
    broken_ = send_some(socket_, buffer_, sent_) == Sent::failed;
    reply_bytes_ += sent_ - before;
    add(*sent_bytes_, sent_ - before);
    if (sent_ == buffer_.size()) {
        buffer_.clear();
        sent_ = 0;
    }
}

void Output::drain_to(std::size_t bytes, Milliseconds patience) noexcept {
    add(activity_.pieces);
    while (!broken_ && unsent_bytes() > bytes) {
        const auto before = unsent_bytes();
        flush();
        if (unsent_bytes() == before && !wait_for(socket_, POLLOUT, patience, activity_)) broken_ = true;
    }
}

bool Output::client_is_there() const noexcept {
    if (broken_) return false;
    char byte = 0;
    const auto got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void Output::keep(Connection& connection) {
    connection.unsent.assign(buffer_, sent_);
    connection.sent = 0;
    buffer_.clear();
    sent_ = 0;
}

} // namespace baton::engine
