// SPDX-License-Identifier: MIT
#include "cli/terminal.hpp"

#include "base/text.hpp"
#include "sd/journal.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace baton::cli {

Terminal::Terminal(bool quiet) : silent_{sd::stderr_is_journal()}, quiet_{quiet} {}

void Terminal::step(deploy::Step step, std::string_view detail, std::chrono::nanoseconds took) {
    if (silent_ || quiet_) return;
    fmt::print("  {}/{} {:<7} {:<66} {:>8}\n", static_cast<int>(step) + 1, deploy::k_steps, deploy::step_text(step),
               detail, duration_text(took));
    (void)std::fflush(stdout); // a step is news while the next one runs
}

void Terminal::said(sd::Priority priority, std::string_view text) {
    if (silent_) return;
    if (priority <= sd::Priority::warning)
        fmt::print(stderr, "baton: {}: {}\n", priority == sd::Priority::warning ? "warning" : "error", text);
    else if (!quiet_)
        fmt::print("{}\n", text);
    (void)std::fflush(stdout);
}

int report_error(const Error& error) {
    (void)std::fflush(stdout);
    fmt::print(stderr, "baton: error: {}\n", error.what());
    if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
    return exit_status(error.kind());
}

} // namespace baton::cli
