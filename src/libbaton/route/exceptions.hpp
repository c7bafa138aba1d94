// SPDX-License-Identifier: MIT
// What becomes of an exception that a handler lets out.
#pragma once

#include <httplib.h>

#include <exception>
#include <string_view>

namespace baton::engine {

struct ServerState;

/// By the program's exception handler; without one 500, and the text for the journal only.
void answer_exception(const ServerState& state, const httplib::Request& request, httplib::Response& response,
                      std::exception_ptr exception);

/// The program's logger, if it has one. What it lets out ends with the entry.
void call_logger(const ServerState& state, const httplib::Request& request, const httplib::Response& response) noexcept;

} // namespace baton::engine
