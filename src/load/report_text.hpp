// SPDX-License-Identifier: MIT
// The result of a run for people: a table, the failures in words, who answered when, and a summary line.
#pragma once

#include "load/progress.hpp"
#include "load/result.hpp"

#include <string>
#include <string_view>

namespace baton::load {

/// Several lines, each with its line end.
[[nodiscard]] std::string report_text(const Result& result);
/// One line for a run that waited for version `awaited`; begins with the elapsed milliseconds if it came.
[[nodiscard]] std::string first_answer_text(const Result& result, std::string_view awaited);
/// The line printed once per second.
[[nodiscard]] std::string progress_text(const Progress& progress);

} // namespace baton::load
