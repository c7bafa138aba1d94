// SPDX-License-Identifier: MIT
#include "libbaton/engine/server_access.hpp"

#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/server_state.hpp"

#include <baton/server.hpp>

namespace baton::engine {
namespace {

using SetUp = std::function<void(httplib::Request&)>;

} // namespace

ServerState& ServerAccess::state(Server& server) noexcept {
    return *server.state_;
}

void ServerAccess::install_hooks(Server& server) {
    // INVALID_SOCKET would mean "stopping" to httplib's content providers; it is used for nothing else.
    server.svr_sock_ = 0;
    auto& state = *server.state_;
    using Outcome = httplib::Server::HandlerResponse;
    server.httplib::Server::set_exception_handler(
        [&state](const auto& request, auto& response, std::exception_ptr exception) {
            answer_exception(state, request, response, std::move(exception));
        });
    server.httplib::Server::set_pre_routing_handler([&state](const auto& request, auto& response) {
        if (auto* const exchange = Exchange::current(); exchange != nullptr && exchange->take_ready(response))
            return Outcome::Handled;
        return state.pre_routing ? state.pre_routing(request, response) : Outcome::Unhandled;
    });
    server.httplib::Server::set_file_request_handler([&state](const auto& request, auto& response) {
        if (state.file_request) state.file_request(request, response);
        Exchange::settle_ranges(request, response);
    });
    server.httplib::Server::set_post_routing_handler([&state](const auto& request, auto& response) {
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

std::size_t ServerAccess::payload_limit(const Server& server) noexcept {
    return server.payload_max_length_;
}

bool ServerAccess::process(Server& server, httplib::Stream& stream, const SetUp& set_up) {
    return call(server, stream, set_up);
}

} // namespace baton::engine
