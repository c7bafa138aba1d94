// SPDX-License-Identifier: MIT
// The paths of the programs that the tests deploy; the top of each source in tests/programs/ describes it.
#pragma once

namespace machine {

inline constexpr auto k_shop = BATON_TEST_SHOP;
inline constexpr auto k_two_servers = BATON_TEST_TWO_SERVERS;
inline constexpr auto k_misbehave = BATON_TEST_MISBEHAVE;
/// A Python program without libbaton.
inline constexpr auto k_plain = BATON_TEST_PLAIN;
/// Programs that hold back without libbaton.
inline constexpr auto k_held_python = BATON_TEST_HELD_PYTHON;
inline constexpr auto k_held_perl = BATON_TEST_HELD_PERL;
/// Runs another program, and kills it at its Nth system call.
inline constexpr auto k_kill_at_syscall = BATON_TEST_KILL_AT_SYSCALL;
/// The program that ships, as installed.
inline constexpr auto k_hello = "/usr/bin/baton-hello";

} // namespace machine
