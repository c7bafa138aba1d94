// SPDX-License-Identifier: MIT
// The result of a run for machines.
#pragma once

#include "load/result.hpp"

#include <string>
#include <string_view>

namespace baton::load {

/// A JSON object with "version":1 and a line end. Every field is always present, null if empty. Times are UTC in ISO
/// 8601, and *_monotonic_ns are CLOCK_MONOTONIC. `awaited` is the version that the run waited for; empty: none.
[[nodiscard]] std::string report_json(const Result& result, std::string_view awaited);

} // namespace baton::load
