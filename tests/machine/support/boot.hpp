// SPDX-License-Identifier: MIT
// A test that spans a reboot runs once before it and once after it; tools/machine starts the program anew.
#pragma once

namespace machine {

inline constexpr int k_skipped = 77; // the automake convention

/// 1 at first, 2 after the reboot; 0 outside the throw-away machine.
int boot() noexcept;

/// After all tests of this boot the machine shall reboot.
void ask_for_reboot() noexcept;

/// Reboots if a test has asked for it, and does not return then; else the exit status of the program: `status`, or that
/// of an earlier boot if that one failed.
int reboot_if_asked(int status);

} // namespace machine
