// SPDX-License-Identifier: MIT
// Handles exceptions that a handler throws.
#pragma once

#include <httplib.h>

#include <exception>
#include <string_view>

namespace baton::engine {

struct ServerState;

/// Answers with the program's exception handler; without one, with a 500, and logs the text only to the journal.
void answer_exception(const ServerState& state, const httplib::Request& request, httplib::Response& response,
                      std::exception_ptr exception);

/// Calls the program's logger, if it has one. An exception from it ends here.
void call_logger(const ServerState& state, const httplib::Request& request, const httplib::Response& response) noexcept;

} // namespace baton::engine
