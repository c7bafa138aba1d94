// SPDX-License-Identifier: MIT
// Modes as on the command line and in reports: NAME[=N][:KEY=VALUE]...
#pragma once

#include "load/config.hpp"

#include <string>
#include <string_view>

namespace baton::load {

[[nodiscard]] std::string_view name(Mode mode);

/// "persistent=32", "upload=4:bytes=1048576:ms=1000:pieces=16": with every key of the mode, as parse_mode() reads it.
[[nodiscard]] std::string label(const ModeConfig& mode);

/// Reads "persistent=32", "fresh=1500", "pipelined=8:depth=16", "slow=8:ms=1500",
/// "upload=4:bytes=1M:ms=1000:pieces=16", "upload=4:chunked", "stream=8:n=10:ms=100", "idle=32:ms=8000". N and every
/// key have defaults. Times without a unit are milliseconds. Throws Error (usage) that names the found and the expected
/// value.
[[nodiscard]] ModeConfig parse_mode(std::string_view text);

} // namespace baton::load
