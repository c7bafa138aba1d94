// SPDX-License-Identifier: MIT
#include "libbaton/route/exceptions.hpp"

#include "libbaton/io/log.hpp"
#include "libbaton/route/server_state.hpp"

#include <string>

namespace baton::engine {

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
    if (!state.error)
        response.set_content("internal error\n", "text/plain"); // an error handler may rely on an empty body
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
