// SPDX-License-Identifier: MIT
#include "libbaton/work/acceptor.hpp"

#include "libbaton/io/log.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

namespace baton::engine {
namespace {

constexpr Milliseconds k_back_off{50}; // the wait after running out of descriptors or memory
constexpr Milliseconds k_complaint_interval{10'000};

/// Moves connections to high descriptor numbers and leaves the low ones to the program: select(2) cannot handle numbers
/// from FD_SETSIZE on, and with httplib, systemd's soft limit keeps a program below that.
Fd moved_up(Fd socket) noexcept {
    if (socket.get() < FD_SETSIZE / 2 || socket.get() >= FD_SETSIZE) return socket;
    Fd moved{::fcntl(socket.get(), F_DUPFD_CLOEXEC, FD_SETSIZE)};
    return moved ? std::move(moved) : std::move(socket); // the limit is too low
}

} // namespace

Acceptor::Acceptor(Core& core, Listener listener) : core_{core}, listener_{std::move(listener)} {
    Thread::handle_interrupts();
    thread_ = std::make_unique<Thread>("baton-accept", [this] { accept_until_stopped(); });
}

void Acceptor::stop() noexcept {
    if (!thread_) return;
    stopping_.store(true);
    wakeup_.wake();
    while (!stopped_.load()) { // a signal just before accept4 is lost, hence the loop
        thread_->interrupt();
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    thread_.reset();
    listener_.fd.reset();
}

bool Acceptor::at_limit() const noexcept {
    return listener_.audience == Audience::everyone &&
           value(core_.counters.connections) >= core_.options.limits.max_connections;
}

void Acceptor::accept_until_stopped() noexcept {
    while (!stopping_.load()) {
        if (at_limit()) {
            complain("the connection limit is reached; more connections wait in the queue");
            wakeup_.wait(k_back_off);
            continue;
        }
        const auto outcome = accept_one();
        if (outcome == Outcome::empty) wait_for_connection();
        if (outcome == Outcome::exhausted) wakeup_.wait(k_back_off);
        if (outcome == Outcome::dead) wakeup_.wait(std::chrono::hours{1}); // for the stop; other sockets may still work
    }
    // Nobody inherits the queue of our own socket. It is non-blocking.
    while (listener_.origin == Origin::own && !at_limit() && accept_one() == Outcome::accepted) {
    }
    stopped_.store(true);
}

Acceptor::Outcome Acceptor::accept_one() {
    const int raw = ::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (raw >= 0) {
        adopt(moved_up(Fd{raw}));
        return Outcome::accepted;
    }
    switch (errno) {
    case EAGAIN:
        return Outcome::empty;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        complain(std::system_category().message(errno) + "; connections wait in the queue");
        return Outcome::exhausted;
    case EINVAL:
    case EBADF:
    case ENOTSOCK:
        complain("somebody shut down this socket: no process can accept from it any more");
        return Outcome::dead;
    default:
        return Outcome::interrupted; // EINTR, or an error of the connection itself; accept(2)
    }
}

void Acceptor::wait_for_connection() const noexcept {
    std::array<pollfd, 2> wanted{pollfd{.fd = listener_.fd.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = wakeup_.descriptor(), .events = POLLIN, .revents = 0}};
    (void)::poll(wanted.data(), wanted.size(), -1);
}

void Acceptor::adopt(Fd socket) {
    const int on = 1;
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on,
                       sizeof on); // fails on a unix socket, which does not matter
    auto& counters = core_.counters_of(listener_.audience);
    add(counters.connections);
    add(counters.accepted);
    try {
        auto& connection = core_.table.open(std::move(socket), listener_.audience);
        connection.deadline.store(now() + core_.options.timeouts.idle, std::memory_order_relaxed);
        if (core_.poller.adopt(connection)) return;
        core_.table.close(connection);
    } catch (const std::bad_alloc&) {
        complain("out of memory; a connection is dropped");
    }
    subtract(counters.connections);
}

void Acceptor::complain(std::string_view why) noexcept {
    if (now() < silent_until_) return;
    silent_until_ = now() + k_complaint_interval;
    try {
        log(Level::warning, "accepting on '" + listener_.name + "': " + std::string{why});
    } catch (const std::bad_alloc&) {
        log(Level::warning, why);
    }
}

} // namespace baton::engine
