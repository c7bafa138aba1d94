// SPDX-License-Identifier: MIT
// Another process, stopped at one chosen system call, so that a test can change the world at exactly that instant.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace baton::test {

struct SystemCall {
    std::uint64_t number; ///< SYS_...; syscall(2)
    std::array<std::uint64_t, 6> arguments;
};

enum class Stop { before, after };

/// Runs `body` in a child process. The first time that it makes (Stop::before) or has made (Stop::after) a system call
/// that `chosen` is true of, `meanwhile` runs in this process while the child stands still. Returns the child's exit
/// status, which is body's result; the test fails when no such call was made, or ptrace(2) is not allowed here.
int run_stopped_at(Stop stop, const std::function<bool(const SystemCall&)>& chosen,
                   const std::function<void()>& meanwhile, const std::function<int()>& body);

} // namespace baton::test
