// SPDX-License-Identifier: MIT
// Lines for the journal, by way of stderr; sd-daemon(3). The one place in libbaton that writes text for people.
#pragma once

#include <string_view>

namespace baton::engine {

enum class Level { error = 3, warning = 4, notice = 5, info = 6 };

/// Writes "baton: TEXT" as one line, control characters in it replaced; with its level where the journal listens.
void log(Level level, std::string_view text) noexcept;

/// Logs the exception being handled; call in a catch block only.
void log_current_exception(std::string_view doing) noexcept;

} // namespace baton::engine
