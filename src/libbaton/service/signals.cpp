// SPDX-License-Identifier: MIT
#include "libbaton/service/signals.hpp"

#include "base/error.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/io/wakeup.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

namespace baton::service {
namespace {

static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

constexpr std::array k_signals{SIGTERM, SIGINT, SIGHUP};
std::array<Signals::Slot, 64> g_slots; // servers that can run at once in one process
std::array<struct sigaction, k_signals.size()> g_before{};
std::mutex g_mutex; // guards the two below and the assignment of slots
int g_users = 0;

const struct sigaction& before_us(int number) noexcept {
    return g_before[static_cast<std::size_t>(std::find(k_signals.begin(), k_signals.end(), number) -
                                             k_signals.begin())];
}

bool is_deadly(int number) noexcept {
    const auto& before = before_us(number);
    return (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL;
}

/// Calls the handler that the program would have had with httplib.
void call_before(int number, siginfo_t* info, void* context) {
    const auto& before = before_us(number);
    if ((before.sa_flags & SA_SIGINFO) != 0)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
}

void on_signal(int number, siginfo_t* info, void* context) {
    for (auto& slot : g_slots) {
        const int wake = slot.wake_descriptor.load();
        if (wake < 0) continue;
        (number == SIGHUP ? slot.hangups : slot.terminations).fetch_add(1);
        if (number != SIGHUP && is_deadly(number)) slot.ending.store(number);
        engine::Wakeup::wake(wake);
    }
    call_before(number, info, context);
}

/// SIGTERM always drains. For SIGINT, the program may have decided otherwise, or a shell that started it in the
/// background.
bool is_left_alone(int number, const struct sigaction& before) noexcept {
    return number == SIGINT && ((before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL);
}

void install() noexcept {
    for (std::size_t i = 0; i < k_signals.size(); ++i) {
        auto& before = g_before[i];
        (void)::sigaction(k_signals[i], nullptr, &before);
        if (is_left_alone(k_signals[i], before)) continue;
        struct sigaction action = {};
        action.sa_sigaction = on_signal;
        action.sa_mask = before.sa_mask;
        action.sa_flags = SA_SIGINFO | (before.sa_flags & (SA_RESTART | SA_ONSTACK | SA_NODEFER));
        (void)::sigaction(k_signals[i], &action, nullptr);
    }
}

void restore() noexcept {
    for (std::size_t i = 0; i < k_signals.size(); ++i) {
        struct sigaction found = {};
        (void)::sigaction(k_signals[i], nullptr, &found);
        const bool is_ours = (found.sa_flags & SA_SIGINFO) != 0 && found.sa_sigaction == on_signal;
        if (is_ours)
            (void)::sigaction(k_signals[i], &g_before[i], nullptr); // otherwise the program's newer handler stays
    }
}

} // namespace

Signals::Signals(int wake_descriptor) {
    const std::lock_guard lock{g_mutex};
    slot_ = std::find_if(g_slots.begin(), g_slots.end(), [](const Slot& slot) { return slot.wake_descriptor < 0; });
    if (slot_ == g_slots.end()) throw Error{"starting: 64 servers already run in this process"};
    slot_->terminations.store(0);
    slot_->hangups.store(0);
    slot_->ending.store(0);
    slot_->wake_descriptor.store(wake_descriptor);
    if (g_users++ == 0) install();
}

Signals::~Signals() {
    const std::lock_guard lock{g_mutex};
    if (--g_users == 0) restore();
    slot_->wake_descriptor.store(-1);
}

int Signals::take_terminations() noexcept {
    return slot_->terminations.exchange(0);
}
int Signals::take_hangups() noexcept {
    return slot_->hangups.exchange(0);
}

void end_process_by(int signal, std::chrono::seconds patience) {
    const auto wait = [signal, patience] {
        std::this_thread::sleep_for(patience);
        engine::log(engine::Level::notice, std::string{"draining: the program still runs after "} + strsignal(signal) +
                                               "; ending it with that signal, as without libbaton");
        (void)::signal(signal, SIG_DFL);
        (void)::kill(::getpid(), signal);
    };
    try {
        std::thread{wait}.detach();
    } catch (const std::system_error& error) {
        throw Error{std::string{"ending the process: making a thread: "} + error.what()};
    }
}

} // namespace baton::service
