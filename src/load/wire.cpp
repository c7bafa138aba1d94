// SPDX-License-Identifier: MIT
// One connection, from connect(2) to its end.
#include "load/wire.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace baton::load {
namespace {

constexpr std::uint32_t k_end_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
// connect(2): a non-blocking connect to a unix socket with a full queue fails with EAGAIN; a blocking one waits. We
// wait too, and retry at this interval; the request's own time limit still holds.
constexpr auto k_connect_again = std::chrono::milliseconds{1};

} // namespace

Wire::Wire(EventLoop& loop, Owner& owner)
    : loop_{loop}, owner_{owner}, again_{loop, [this](TimePoint) {
                                             if (const int error = try_connect(); error != 0)
                                                 end(error);
                                             else if (connected())
                                                 owner_.on_connected();
                                         }} {}

int Wire::open(const Target& target) {
    close();
    ++serial_;
    target_ = &target;
    fd_ = target.open();
    if (!fd_) return errno;
    state_ = State::connecting;
    const int error = try_connect();
    if (error != 0) close();
    return error;
}

int Wire::try_connect() {
    const int error = target_->connect(fd_.get());
    if (error == EAGAIN && target_->is_unix()) {
        again_.arm(Clock::now() + k_connect_again);
        return 0;
    }
    if (error != 0 && error != EINPROGRESS) return error;
    if (error == 0) state_ = State::connected;
    return loop_.watch(fd_.get(), *this);
}

void Wire::close() noexcept {
    again_.disarm();
    fd_.reset();
    state_ = State::closed;
    end_seen_ = false;
    send_error_ = 0;
    out_.clear();
    out_sent_ = 0;
}

void Wire::send(std::string_view bytes) {
    if (backlog() == 0 && connected() && send_error_ == 0) {
        const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR) send_error_ = errno;
    }
    if (!bytes.empty() && send_error_ == 0) out_ += bytes;
}

void Wire::flush() {
    while (backlog() > 0 && send_error_ == 0) {
        const auto sent = ::send(fd_.get(), out_.data() + out_sent_, backlog(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) send_error_ = errno; // the event that reports it will follow; a reply may come first
        if (sent > 0) out_sent_ += static_cast<std::size_t>(sent);
    }
    out_.clear();
    out_sent_ = 0;
}

bool Wire::ended_unseen() const noexcept {
    char byte = 0;
    const auto count = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || (errno != EAGAIN && errno != EINTR);
}

void Wire::on_event(std::uint32_t events) {
    const auto serial = serial_;
    if (state_ == State::connecting) {
        finish_connect();
        if (serial != serial_ || state_ != State::connected) return;
    }
    end_seen_ = (events & k_end_events) != 0;
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & (EPOLLIN | k_end_events)) != 0) receive();
}

void Wire::finish_connect() {
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length); // connect(2), under EINPROGRESS
    if (error != 0) return end(error);
    state_ = State::connected;
    owner_.on_connected();
}

void Wire::receive() {
    const auto serial = serial_;
    auto& buffer = loop_.scratch();
    while (serial == serial_ && is_open()) {
        const auto count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return end(count < 0 ? errno : send_error_);
        const auto size = static_cast<std::size_t>(count);
        const bool drained = size < buffer.size() && !end_seen_; // epoll(7), Q9: a short read
        owner_.on_bytes({buffer.data(), size});
        if (drained) return;
    }
}

void Wire::end(int error_number) {
    close();
    owner_.on_ended(error_number);
}

} // namespace baton::load
