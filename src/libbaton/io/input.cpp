// SPDX-License-Identifier: MIT
#include "libbaton/io/input.hpp"

#include "libbaton/io/memory.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace baton::engine {

bool wait_for(int socket, short events, Milliseconds patience, Activity& activity) noexcept {
    add(activity.client_waits);
    pollfd wanted{.fd = socket, .events = events, .revents = 0};
    const auto most = static_cast<int>(std::min<Milliseconds::rep>(patience.count(), std::numeric_limits<int>::max()));
    int ready = 0;
    do { // an interrupted wait restarts: signals are rare, and the limit need not be exact
        ready = ::poll(&wanted, 1, most);
    } while (ready < 0 && errno == EINTR);
    subtract(activity.client_waits);
    return ready > 0 && !activity.gives_clients_up.load(std::memory_order_relaxed);
}

void Input::open(std::string& unread, ShortRead short_read, ShardedCount& received_bytes) noexcept {
    received_bytes_ = &received_bytes;
    drained_ = false;
    short_read_ = short_read;
    begin_ = 0;
    end_ = unread.size();
    if (end_ == 0) return;
    std::memcpy(buffer_.get(), unread.data(), end_);
    release(unread);
}

void Input::keep(std::string& unread) const {
    if (begin_ != end_) unread = view();
}

void Input::consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
}

void Input::skip_empty_lines() noexcept {
    while (view().substr(0, 2) == "\r\n")
        consume(2);
}

Received Input::receive(int socket) noexcept {
    if (full()) return Received::full;
    if (end_ == capacity_) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    ssize_t got = -1;
    do {
        got = ::recv(socket, buffer_.get() + end_, capacity_ - end_, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    drained_ = got < 0 || (short_read_ == ShortRead::drains && static_cast<std::size_t>(got) < capacity_ - end_);
    if (got > 0) {
        end_ += static_cast<std::size_t>(got);
        add(*received_bytes_, static_cast<std::uint64_t>(got));
        return Received::some;
    }
    if (got == 0) return Received::end;
    return errno == EAGAIN || errno == EWOULDBLOCK ? Received::nothing : Received::failed;
}

Received Input::receive(int socket, Milliseconds patience) noexcept {
    add(activity_.pieces);
    const auto received = receive(socket);
    if (received != Received::nothing || !wait_for(socket, POLLIN, patience, activity_)) return received;
    return receive(socket);
}

} // namespace baton::engine
