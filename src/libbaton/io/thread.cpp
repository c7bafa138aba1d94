// SPDX-License-Identifier: MIT
#include "libbaton/io/thread.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace baton::engine {
namespace {

// A regular expression in a program's routes recurses for each character of a path: libstdc++'s std::regex needs 3 MiB
// for a path of 64 KiB.
constexpr std::size_t k_stack_bytes = 8UL << 20U;

} // namespace

Thread::Thread(const char* name, std::function<void()> body, SignalMask mask) : body_{std::move(body)} {
    pthread_attr_t attributes{};
    (void)::pthread_attr_init(&attributes);
    std::size_t usual = 0; // RLIMIT_STACK at program start: its handlers may count on more
    (void)::pthread_attr_getstacksize(&attributes, &usual);
    (void)::pthread_attr_setstacksize(&attributes, std::max(k_stack_bytes, usual));
    sigset_t blocked{};
    sigset_t before{};
    (void)::sigfillset(&blocked);
    (void)::sigdelset(&blocked, SIGURG);
    const int how = mask == SignalMask::all_blocked ? SIG_SETMASK : SIG_UNBLOCK;
    if (mask == SignalMask::inherited) (void)::sigemptyset(&blocked);
    (void)::pthread_sigmask(how, &blocked, &before); // a new thread inherits it
    const int result = ::pthread_create(&handle_, &attributes, &Thread::start, this);
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    (void)::pthread_attr_destroy(&attributes);
    if (result != 0) throw errno_error("starting a thread", result);
    (void)::pthread_setname_np(handle_, name);
}

void* Thread::start(void* self) noexcept {
    auto& thread = *static_cast<Thread*>(self);
    thread.id_.store(::gettid());
    thread.body_();
    return nullptr;
}

void Thread::join() noexcept {
    if (!joined_) (void)::pthread_join(handle_, nullptr);
    joined_ = true;
}

void Thread::interrupt() const noexcept {
    (void)::pthread_kill(handle_, SIGURG);
}

bool Thread::is_runnable() const noexcept {
    std::array<char, 64> path{};
    (void)std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", id_.load());
    std::array<char, 64> text{}; // "ID (NAME) STATE ...", proc(5)
    const Fd file{::open(path.data(), O_RDONLY | O_CLOEXEC)};
    const auto size = file ? ::read(file.get(), text.data(), text.size()) : -1;
    const std::string_view line{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    const auto name_end = line.rfind(") ");
    return name_end != std::string_view::npos && line.substr(name_end + 2, 1) == "R";
}

void Thread::handle_interrupts() noexcept {
    struct sigaction found = {};
    if (::sigaction(SIGURG, nullptr, &found) != 0 || found.sa_handler != SIG_DFL) return;
    found.sa_handler = [](int) {};
    found.sa_flags = 0; // no SA_RESTART
    (void)::sigaction(SIGURG, &found, nullptr);
}

} // namespace baton::engine
