// SPDX-License-Identifier: MIT
// Who reaches a listening socket that is bound to more than the site listens on: a filter of the kernel's, socket(7).
#pragma once

#include <string_view>
#include <vector>

namespace baton {

/// Drops what is not for one of `hosts` ("127.0.0.1", "::1", "0.0.0.0" for every IPv4 address), as a firewall does;
/// with none, nothing. Connections that were made before stay. No packet meets the time between the filter before and
/// this. False, with errno, when it cannot be set: the one before is still there.
[[nodiscard]] bool set_filter(int fd, const std::vector<std::string_view>& hosts);

} // namespace baton
