// SPDX-License-Identifier: MIT
// Writes lines to the journal through stderr; sd-daemon(3). The only place in libbaton that writes text for people.
#pragma once

#include <string_view>

namespace baton::engine {

enum class Level { error = 3, warning = 4, notice = 5, info = 6 };

/// Writes "baton: TEXT" as one line with control characters replaced; adds the level if stderr goes to the journal.
void log(Level level, std::string_view text) noexcept;

/// Logs the current exception; call only in a catch block.
void log_current_exception(std::string_view doing) noexcept;

} // namespace baton::engine
