// SPDX-License-Identifier: MIT
// The names that "Env" in watch.conf may set: not those that systemd, baton or the dynamic loader read.
#pragma once

#include <string_view>

namespace baton::site {

/// Why `name` may not be set, as the text after "found 'NAME', "; empty if it may.
[[nodiscard]] std::string_view why_no_env_name(std::string_view name) noexcept;

} // namespace baton::site
