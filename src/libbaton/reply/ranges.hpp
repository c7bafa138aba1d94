// SPDX-License-Identifier: MIT
// The ranges of a request, RFC 9110 section 14. httplib 0.11 neither clamps them nor checks method and status.
#pragma once

#include <httplib.h>

namespace baton::engine {

/// Makes the ranges fit the handler's reply before httplib applies them: clamped, 416, or none.
void settle_ranges(const httplib::Request& request, httplib::Response& response);

} // namespace baton::engine
