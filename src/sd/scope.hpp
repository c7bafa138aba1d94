// SPDX-License-Identifier: MIT
// Which service manager: PID 1, or the one of the calling user, systemd --user.
#pragma once

#include <string_view>

namespace baton::sd {

enum class Scope { system, user };

/// The option of systemctl(1) that means it.
constexpr const char* scope_option(Scope scope) noexcept {
    return scope == Scope::user ? "--user" : "--system";
}
/// The last part of the directories that its units are in; systemd.unit(5).
constexpr std::string_view unit_folder(Scope scope) noexcept {
    return scope == Scope::user ? "user" : "system";
}

} // namespace baton::sd
