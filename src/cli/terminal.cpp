// SPDX-License-Identifier: MIT
#include "cli/terminal.hpp"

#include "base/text.hpp"
#include "sd/journal.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <system_error>

namespace baton::cli {

Terminal::Terminal(bool quiet) : silent_{sd::stderr_is_journal()}, quiet_{quiet} {}

template <typename Print>
void Terminal::show(Print print) noexcept try {
    print();
    (void)std::fflush(stdout); // show a step while the next one runs
} catch (const std::exception&) {
    silent_ = true;
}

void Terminal::step(deploy::Step step, std::string_view detail, std::chrono::nanoseconds took) {
    if (silent_ || quiet_) return;
    show([&] {
        fmt::print("  {}/{} {:<7} {:<66} {:>8}\n", static_cast<int>(step) + 1, deploy::k_steps, deploy::step_text(step),
                   detail, duration_text(took));
    });
}

void Terminal::said(sd::Priority priority, std::string_view text) {
    if (silent_) return;
    show([&] {
        if (priority <= sd::Priority::warning)
            fmt::print(stderr, "baton: {}: {}\n", priority == sd::Priority::warning ? "warning" : "error", text);
        else if (!quiet_)
            fmt::print("{}\n", text);
    });
}

void outlive_terminal() noexcept {
    (void)std::signal(SIGHUP, SIG_IGN);
}

int report_error(const Error& error) try {
    (void)std::fflush(stdout);
    fmt::print(stderr, "baton: error: {}\n", error.what());
    if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
    return exit_status(error.kind());
} catch (const std::system_error&) { // nobody can read it
    return exit_status(error.kind());
}

} // namespace baton::cli
