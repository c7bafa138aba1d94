// SPDX-License-Identifier: MIT
// How a wish can end badly.
#pragma once

#include "site/release/error_kinds.hpp"

namespace baton::error_kind {

inline constexpr ErrorKind rolled_back{"rolled-back", 4}; ///< the release took over and was rolled back
inline constexpr ErrorKind busy{"busy", 75}; ///< another deploy of the same site runs; EX_TEMPFAIL of sysexits.h(3head)

} // namespace baton::error_kind
