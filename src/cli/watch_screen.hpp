// SPDX-License-Identifier: MIT
// Shows a text again whenever it changes: on a terminal in the same place, elsewhere one below the other.
#pragma once

#include "sd/manager.hpp"

#include <functional>
#include <optional>
#include <string>

namespace baton::cli {

/// Calls `render` whenever a unit of `manager`'s may have changed, and once a second, and shows what it returns. On a
/// terminal that can redraw, `redraws` is true, and only the part that fits is shown. Otherwise an empty result means
/// that nothing worth another copy has changed. Returns 0 on Ctrl-C, or when nobody reads the output any more.
int watch_screen(sd::Manager& manager, const std::function<std::optional<std::string>(bool redraws)>& render);

} // namespace baton::cli
