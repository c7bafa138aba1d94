// SPDX-License-Identifier: MIT
// Whether a service manager can show a release its snapshot at the site's own path. PID 1 can; a user's manager needs
// user namespaces, which a host may refuse: user_namespaces(7), and AppArmor on some.
#pragma once

#include "sd/scope.hpp"

namespace baton::deploy {

/// For Scope::user, a child of this process tries it, once.
[[nodiscard]] bool can_mount(sd::Scope scope) noexcept;

} // namespace baton::deploy
