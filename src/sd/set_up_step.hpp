// SPDX-License-Identifier: MIT
// Where systemd failed before it could execute a unit's program: no doing of that program's.
#pragma once

#include "sd/manager.hpp"

#include <string_view>

namespace baton::sd {

/// The step, by its name in systemd.exec(5), "Process exit codes", and the setting it carries out; empty where the
/// program was executed, or could not be (EXEC, which is about the program).
[[nodiscard]] std::string_view failed_set_up_step(const UnitStatus& status) noexcept;

} // namespace baton::sd
