// SPDX-License-Identifier: MIT
#include "cli/terminal.hpp"

#include "base/text.hpp"
#include "cli/colour.hpp"
#include "cli/progress.hpp"
#include "sd/journal.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

namespace baton::cli {

namespace {

constexpr auto k_between_drawings = std::chrono::milliseconds{100};

void print_error_line(std::string_view kind, Colour colour, std::string_view text) {
    const auto head = fmt::format("baton: {}:", kind);
    fmt::print(stderr, "{} {}\n", is_vivid(STDERR_FILENO) ? painted(colour, head) : head, text);
}

} // namespace

Terminal::Terminal(bool quiet) : silent_{sd::stderr_is_journal()}, quiet_{quiet}, is_vivid_{is_vivid(STDOUT_FILENO)} {}

Terminal::~Terminal() {
    show([] {});
}

void Terminal::erase_progress() {
    if (std::exchange(progress_is_shown_, false)) fmt::print("\r\033[K");
}

template <typename Print>
void Terminal::show(Print print) noexcept try {
    erase_progress();
    (void)std::fflush(stdout); // before anything on standard error
    print();
    (void)std::fflush(stdout); // show a step while the next one runs
} catch (const std::exception&) {
    silent_ = true;
}

void Terminal::step(deploy::Step step, std::string_view detail, std::chrono::nanoseconds took) {
    step_began_ = Clock::now();
    if (silent_ || quiet_) return;
    show([&] {
        fmt::print("  {}/{} {:<7} {:<66} {:>8}\n", static_cast<int>(step) + 1, deploy::k_steps, deploy::step_text(step),
                   detail, duration_text(took));
    });
}

void Terminal::said(sd::Priority priority, std::string_view text) {
    if (silent_) return;
    show([&] {
        if (priority == sd::Priority::warning)
            print_error_line("warning", Colour::doubtful, text);
        else if (priority < sd::Priority::warning)
            print_error_line("error", Colour::bad, text);
        else if (!quiet_)
            fmt::print("{}\n",
                       is_vivid_ && priority == sd::Priority::notice ? painted(Colour::good, text) : std::string{text});
    });
}

void Terminal::progress(std::string_view label, std::string_view detail, std::optional<double> done) {
    const auto now = Clock::now();
    const bool is_too_soon = progress_is_shown_ && now - progress_at_ < k_between_drawings;
    if (!wants_progress() || is_too_soon) return;
    show([&] {
        fmt::print("{}", progress_line(label, detail, done, now - step_began_, columns_of(STDOUT_FILENO)));
        progress_is_shown_ = true;
    });
    progress_at_ = now;
}

void outlive_terminal() noexcept {
    (void)std::signal(SIGHUP, SIG_IGN);
}

int report_error(const Error& error) try {
    (void)std::fflush(stdout);
    print_error_line("error", Colour::bad, error.what());
    if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
    return error.kind().exit_status;
} catch (const std::system_error&) { // nobody can read it
    return error.kind().exit_status;
}

} // namespace baton::cli
