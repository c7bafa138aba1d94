// SPDX-License-Identifier: MIT
// What baton-exec and the engine agree on: how it is seen that a release's program was executed, and why it was not.
#pragma once

#include <string_view>

namespace baton {

/// STATUS=, sd_notify(3), of a release from the instant its program is executed until that says something of its own.
constexpr std::string_view k_started_status = "started by baton";

/// baton-exec's exit status where systemd passed no listening socket: EX_OSERR, sysexits.h(3head).
constexpr int k_exit_no_socket = 71;

} // namespace baton
