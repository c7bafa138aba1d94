// SPDX-License-Identifier: MIT
#include "libbaton/engine/server_access.hpp"

#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/engine/server_state.hpp"

#include <baton/server.hpp>

namespace baton::engine {
namespace {

using SetUp = std::function<void(httplib::Request&)>;

/// httplib would put the exception's text into a header for the client.
void answer_exception(const httplib::Request& request, httplib::Response& response, std::exception_ptr exception) {
    std::string why = "an exception of unknown type";
    try {
        std::rethrow_exception(std::move(exception));
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) { // keeps the default
    }
    log(Level::error, "answering '" + request.method + " " + request.path + "': " + why);
    response.status = 500;
    response.set_content("internal error\n", "text/plain");
}

} // namespace

ServerState& ServerAccess::state(Server& server) noexcept {
    return *server.state_;
}

void ServerAccess::install_hooks(Server& server) {
    // INVALID_SOCKET would mean "stopping" to httplib's content providers; it is used for nothing else.
    server.svr_sock_ = 0;
    auto& state = *server.state_;
    if (!state.exception_handler_set) server.httplib::Server::set_exception_handler(answer_exception);
    server.httplib::Server::set_post_routing_handler(
        [&state](const httplib::Request& request, httplib::Response& response) {
            if (state.post_routing) state.post_routing(request, response);
            if (auto* const exchange = Exchange::current()) exchange->finish_head(request, response);
        });
}

/// 0.11 takes no addresses, 0.18 and later do. A template, so that only the call that exists is compiled.
template <class Self>
bool ServerAccess::call(Self& server, httplib::Stream& stream, const SetUp& set_up) {
    bool closed = false;         // what we do is said by Exchange::finish_head
    constexpr bool close = true; // spares us its Keep-Alive field
    if constexpr (requires { server.process_request(stream, close, closed, set_up); }) {
        return server.process_request(stream, close, closed, set_up);
    } else {
        std::string remote;
        std::string local;
        int remote_port = 0;
        int local_port = 0;
        stream.get_remote_ip_and_port(remote, remote_port);
        stream.get_local_ip_and_port(local, local_port);
        return server.process_request(stream, remote, remote_port, local, local_port, close, closed, set_up);
    }
}

bool ServerAccess::process(Server& server, httplib::Stream& stream, const SetUp& set_up) {
    return call(server, stream, set_up);
}

} // namespace baton::engine
