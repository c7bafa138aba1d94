// SPDX-License-Identifier: MIT
// The kind of error that a release's content causes.
#pragma once

#include "base/error.hpp"

namespace baton::error_kind {

inline constexpr ErrorKind rejected{"rejected", 3}; ///< the release never took over; nothing changed

} // namespace baton::error_kind
