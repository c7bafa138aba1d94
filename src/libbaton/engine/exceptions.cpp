// SPDX-License-Identifier: MIT
#include "libbaton/engine/exceptions.hpp"

#include "libbaton/engine/log.hpp"
#include "libbaton/engine/server_state.hpp"

#include <string>

namespace baton::engine {

void log_current_exception(std::string_view doing) noexcept {
    try {
        try {
            throw;
        } catch (const std::exception& error) {
            log(Level::error, std::string{doing} + ": " + error.what());
        } catch (...) {
            log(Level::error, std::string{doing} + ": an exception of unknown type");
        }
    } catch (...) { // out of memory for the text
        log(Level::error, doing);
    }
}

void answer_exception(const ServerState& state, const httplib::Request& request, httplib::Response& response,
                      std::exception_ptr exception) {
    if (state.exception) return state.exception(request, response, std::move(exception));
    try {
        std::rethrow_exception(std::move(exception));
    } catch (...) {
        log_current_exception("answering '" + request.method + " " + request.path + "'");
    }
    response.status = 500;
    response.body.clear();
    if (!state.error) response.set_content("internal error\n", "text/plain"); // an error handler may look for none
}

void call_logger(const ServerState& state, const httplib::Request& request,
                 const httplib::Response& response) noexcept {
    try {
        if (state.logger) state.logger(request, response);
    } catch (...) {
        log_current_exception("calling the logger");
    }
}

} // namespace baton::engine
