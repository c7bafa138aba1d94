// SPDX-License-Identifier: MIT
// The step at which systemd failed before it could execute a unit's program. Such a failure is not the program's.
#pragma once

#include "sd/units.hpp"

#include <string_view>

namespace baton::sd {

/// The step's name in systemd.exec(5), "Process exit codes", and the setting that it applies. Empty if the program was
/// executed, or if execve(2) itself failed (EXEC, which is about the program).
[[nodiscard]] std::string_view failed_set_up_step(const UnitStatus& status) noexcept;

} // namespace baton::sd
