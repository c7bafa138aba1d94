// SPDX-License-Identifier: MIT
// The loop itself. Descriptors come before timers, so a close is known before the next request.
#include "load/event_loop.hpp"

#include "base/error.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace baton::load {
namespace {

constexpr std::size_t k_scratch_bytes = 128 * 1024; // one recv(2); twice the usual socket buffer
constexpr int k_batch = 256;                        // events per wait; handling them takes less than a millisecond

timespec to_timespec(Duration duration) noexcept {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
    timespec spec{};
    spec.tv_sec = static_cast<time_t>(whole.count());
    spec.tv_nsec = static_cast<long>((duration - whole).count());
    return spec;
}

/// epoll_pwait2(2) needs Linux 5.11; before that, or if it is filtered, times are rounded up to milliseconds.
int wait_for_events(int epoll, epoll_event* events, const Duration* limit) noexcept {
    static bool has_pwait2 = true;
    if (has_pwait2) {
        timespec spec{};
        if (limit != nullptr) spec = to_timespec(*limit);
        const int count = ::epoll_pwait2(epoll, events, k_batch, limit != nullptr ? &spec : nullptr, nullptr);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        has_pwait2 = false;
    }
    using std::chrono::milliseconds;
    const auto rounded = limit != nullptr ? std::chrono::ceil<milliseconds>(*limit) : milliseconds{-1};
    return ::epoll_wait(epoll, events, k_batch,
                        static_cast<int>(std::min<milliseconds::rep>(rounded.count(), 1'000'000)));
}

} // namespace

Timer::Timer(EventLoop& loop, std::function<void(TimePoint)> on_due) : loop_{loop}, on_due_{std::move(on_due)} {}

void Timer::arm(TimePoint when) {
    disarm();
    loop_.timers_.emplace(when, this);
    when_ = when;
    armed_ = true;
}

void Timer::disarm() noexcept {
    if (armed_) loop_.timers_.erase({when_, this});
    armed_ = false;
}

EventLoop::EventLoop() : epoll_{::epoll_create1(EPOLL_CLOEXEC)}, scratch_(k_scratch_bytes) {
    if (!epoll_) throw errno_error("creating an epoll descriptor");
}

int EventLoop::watch(int fd, Handler& handler) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &handler;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void EventLoop::run() {
    running_ = true;
    while (running_) {
        wait();
        if (running_) run_due();
    }
}

void EventLoop::wait() {
    std::array<epoll_event, k_batch> events; // filled by the kernel
    Duration limit{0};
    if (!timers_.empty()) limit = std::max(Duration::zero(), timers_.begin()->first - Clock::now());
    const int count = wait_for_events(epoll_.get(), events.data(), timers_.empty() ? nullptr : &limit);
    if (count < 0 && errno != EINTR) throw errno_error("waiting for events");
    for (int i = 0; i < count && running_; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        static_cast<Handler*>(event.data.ptr)->on_event(event.events);
    }
}

void EventLoop::run_due() {
    if (timers_.empty()) return;
    const auto now = Clock::now();
    while (running_ && !timers_.empty() && timers_.begin()->first <= now) {
        auto& timer = *timers_.begin()->second;
        timer.disarm();
        timer.on_due_(now);
    }
}

} // namespace baton::load
