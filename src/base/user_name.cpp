// SPDX-License-Identifier: MIT
#include "base/user_name.hpp"

#include <pwd.h>

namespace baton {

std::string user_name(uid_t user) {
    const auto* const entry = ::getpwuid(user);
    return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

} // namespace baton
