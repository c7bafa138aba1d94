// SPDX-License-Identifier: MIT
// The protocol between baton-exec and the engine: how the engine sees that a release's program was executed, or why
// not.
#pragma once

#include <string_view>

namespace baton {

/// STATUS= of a release, sd_notify(3), from the execution of its program until the program sets its own.
constexpr std::string_view k_started_status = "started by baton";

/// baton-exec's exit status if systemd passed no listening socket: EX_OSERR, sysexits.h(3head).
constexpr int k_exit_no_socket = 71;

/// The same if baton passed none for a preflight: EX_OSFILE.
constexpr int k_exit_no_preflight = 72;

} // namespace baton
