// SPDX-License-Identifier: MIT
// baton status --metrics: gathers what cli/site_metrics.hpp writes.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace baton::cli {

/// Prints the metrics of these sites. One that cannot be read counts as degraded. Throws Error if systemd does not
/// answer: then what was written before gets old, and that alerts.
int print_metrics(Environment& environment, const std::vector<std::string>& sites);

} // namespace baton::cli
