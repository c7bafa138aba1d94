// SPDX-License-Identifier: MIT
// Where the programs are that the tests deploy; each is described at the top of its source in tests/programs/.
#pragma once

namespace machine {

inline constexpr auto k_shop = BATON_TEST_SHOP;
inline constexpr auto k_two_servers = BATON_TEST_TWO_SERVERS;
inline constexpr auto k_misbehave = BATON_TEST_MISBEHAVE;
/// Runs another program, and kills it at its Nth system call.
inline constexpr auto k_kill_at_syscall = BATON_TEST_KILL_AT_SYSCALL;
/// The program that ships, as installed.
inline constexpr auto k_hello = "/usr/bin/baton-hello";

} // namespace machine
