// SPDX-License-Identifier: MIT
// The result of a run for machines.
#pragma once

#include "load/result.hpp"

#include <string>
#include <string_view>

namespace baton::load {

/// A JSON object with "version":1 and a line end. Every field is always there, null when empty; times are UTC in ISO
/// 8601, and *_monotonic_ns are CLOCK_MONOTONIC. `awaited` is the version the run waited for, empty when none.
[[nodiscard]] std::string report_json(const Result& result, std::string_view awaited);

} // namespace baton::load
