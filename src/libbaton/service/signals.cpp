// SPDX-License-Identifier: MIT
#include "libbaton/service/signals.hpp"

#include "libbaton/engine/wakeup.hpp"

#include <atomic>

namespace baton::service {
namespace {

std::atomic<int> g_wake_descriptor{-1};
std::atomic<int> g_terminations{0};
std::atomic<int> g_hangups{0};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

void on_signal(int number) noexcept {
    (number == SIGHUP ? g_hangups : g_terminations).fetch_add(1);
    engine::Wakeup::wake(g_wake_descriptor.load());
}

} // namespace

Signals::Signals(int wake_descriptor) noexcept {
    g_wake_descriptor.store(wake_descriptor);
    g_terminations.store(0);
    g_hangups.store(0);
    for (std::size_t i = 0; i < k_signals.size(); ++i) {
        struct sigaction action {};
        action.sa_handler = on_signal;
        (void)::sigaction(k_signals[i], &action, &before_[i]);
    }
}

Signals::~Signals() {
    for (std::size_t i = 0; i < k_signals.size(); ++i)
        (void)::sigaction(k_signals[i], &before_[i], nullptr);
    g_wake_descriptor.store(-1);
}

int Signals::take_terminations() noexcept {
    return g_terminations.exchange(0);
}
int Signals::take_hangups() noexcept {
    return g_hangups.exchange(0);
}

} // namespace baton::service
