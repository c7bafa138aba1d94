// SPDX-License-Identifier: MIT
// The name of a user, from the user database; getpwuid(3).
#pragma once

#include <sys/types.h>

#include <string>

namespace baton {

/// The number in digits, if the database has no such user.
[[nodiscard]] std::string user_name(uid_t user);

} // namespace baton
