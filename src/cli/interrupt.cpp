// SPDX-License-Identifier: MIT
#include "cli/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace baton::cli {
namespace {

std::atomic<const std::string*> g_text{nullptr};

/// Only calls of signal-safety(7).
void tell_and_die(int signal) {
    const auto* const text = g_text.load();
    if (text != nullptr && ::write(STDERR_FILENO, text->data(), text->size()) < 0) {
        // nobody can read it
    }
    (void)::signal(signal, SIG_DFL);
    (void)::raise(signal);
}

} // namespace

OnInterrupt::OnInterrupt(const std::string& text) : text_{"\nbaton: interrupted: " + text + "\n"} {
    g_text = &text_;
    (void)::signal(SIGINT, tell_and_die);
}

OnInterrupt::~OnInterrupt() {
    (void)::signal(SIGINT, SIG_DFL);
    g_text = nullptr;
}

} // namespace baton::cli
