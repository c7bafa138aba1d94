// SPDX-License-Identifier: MIT
// Descriptors that another process passes over a unix socket.
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <vector>

namespace baton {

constexpr std::size_t k_most_received_fds = 16; ///< k_most_addresses of site/conf/watch_conf.hpp

/// The descriptors of one message, unix(7) SCM_RIGHTS, close-on-exec. On an error, or when the other side has ended,
/// none with errno set.
[[nodiscard]] std::vector<Fd> receive_fds(int from);

} // namespace baton
