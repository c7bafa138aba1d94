// SPDX-License-Identifier: MIT
// What a message tells people to type, for the manager that the site belongs to.
#pragma once

#include "base/error.hpp"
#include "sd/scope.hpp"

#include <string>

namespace baton::deploy {

/// `text` is a sentence of ours. For Scope::user, each "systemctl start shop" in it becomes "systemctl --user start
/// shop", and so on for journalctl and baton's own commands.
[[nodiscard]] std::string typed_for(sd::Scope scope, std::string text);
/// The same for an error's text and hint.
[[nodiscard]] Error typed_for(sd::Scope scope, const Error& error);

} // namespace baton::deploy
