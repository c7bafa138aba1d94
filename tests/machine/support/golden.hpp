// SPDX-License-Identifier: MIT
// Exact texts in tests/golden/. BATON_ACCEPT=1 in the environment writes them instead of comparing:
// BATON_ACCEPT=1 tools/machine --rw tests/golden --build BUILD BUILD/tests/machine/machine_tests -ts=cli
#pragma once

#include <string>
#include <vector>

namespace machine {

/// Runs the commands and tells them as a terminal would show them, with their exit statuses. Times, process ids,
/// digests, sizes and the like are masked.
std::string transcript(const std::vector<std::vector<std::string>>& commands);

/// Compares `text` with the golden file of that name.
void check_golden(const std::string& name, const std::string& text);

} // namespace machine
