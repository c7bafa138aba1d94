// SPDX-License-Identifier: MIT
// Why a release's unit failed: systemd's result in words, and the program's last lines.
#pragma once

#include "sd/units.hpp"

#include <string>
#include <string_view>

namespace baton::deploy {

/// "the program exited with status 1 before it was ready", "it did not say READY=1 within 90 s (TimeoutStartSec=)", ...
[[nodiscard]] std::string failure_text(const sd::UnitStatus& status);

/// failure_text() and, each on its own line, the last lines that this invocation wrote to the journal, made printable.
/// Everybody may see the first line; the others, marked "  | ", are restricted (Manifest::set_reason()). `systemd` is
/// its version: what it says depends on that. `note` ends the first line.
[[nodiscard]] std::string evidence(const sd::UnitStatus& status, int systemd, std::string_view note = {});

/// failure_text() of a release that failed as it ended, and whether it had drained by then (libbaton says so in the
/// journal). If it had, no request was lost, and the failure is in what its program does afterwards.
[[nodiscard]] std::string end_text(const sd::UnitStatus& status);

} // namespace baton::deploy
