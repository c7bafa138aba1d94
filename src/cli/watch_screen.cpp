// SPDX-License-Identifier: MIT
#include "cli/watch_screen.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "cli/colour.hpp"
#include "cli/progress.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <vector>

namespace baton::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds k_look_again = 1s; // at files, memory and traffic, which announce nothing
constexpr int k_pause_ms = 100;                        // at least, between two looks: systemd is not kept busy

/// From now on, Ctrl-C and a new size of the terminal make the descriptor readable, and do nothing else.
Fd heed_signals() {
    sigset_t signals;
    (void)::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGWINCH})
        (void)::sigaddset(&signals, signal);
    (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);
    Fd heeded{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!heeded) throw errno_error("heeding Ctrl-C");
    return heeded;
}

bool is_interrupted(int signals) {
    signalfd_siginfo info{};
    while (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
        if (info.ssi_signo == SIGINT) return true;
    return false;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// From the top left corner; nothing wraps or scrolls (DECAWM off), and what does not fit is counted.
std::string screen_of(const std::string& text) {
    const auto lines = lines_of(text);
    const auto rows = std::max<std::size_t>(rows_of(STDOUT_FILENO), 2) - 1;
    const auto shown = lines.size() > rows ? rows - 1 : lines.size();
    std::string screen = "\033[?7l\033[H";
    for (std::size_t i = 0; i < shown; ++i)
        screen += fmt::format("{}\033[K\n", lines[i]);
    if (shown < lines.size()) screen += fmt::format("... and {} more lines\033[K\n", lines.size() - shown);
    return screen + "\033[J\033[?7h";
}

/// Whether the reader of our pipe has gone, which the next change would show as well, perhaps hours later.
bool is_unread() {
    pollfd output{STDOUT_FILENO, 0, 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// False if nobody reads it any more.
bool put(const std::string& text) {
    const bool is_whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (is_whole && std::fflush(stdout) == 0) return true;
    if (errno == EPIPE) return false;
    throw errno_error("writing the output");
}

} // namespace

int watch_screen(sd::Manager& manager, const std::function<std::optional<std::string>(bool redraws)>& render) {
    const auto signals = heed_signals();
    const bool redraws = is_vivid(STDOUT_FILENO);
    std::string prefix = redraws ? "\033[2J" : "";
    while (!is_interrupted(signals.get()) && !is_unread()) {
        if (const auto text = render(redraws)) {
            if (!put(prefix + (redraws ? screen_of(*text) : *text))) return 0;
            prefix = redraws ? "" : "\n";
        }
        pollfd signal{signals.get(), POLLIN, 0};
        (void)::poll(&signal, 1, k_pause_ms);
        manager.wait_for_change({signals.get()}, k_look_again);
    }
    return 0;
}

} // namespace baton::cli
