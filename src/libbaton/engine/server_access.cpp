// SPDX-License-Identifier: MIT
#include "libbaton/engine/server_access.hpp"

#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/exposed.hpp"
#include "libbaton/engine/server_state.hpp"

#include <baton/server.hpp>

#include <sys/stat.h>

#include <algorithm>

namespace baton::engine {

struct Hooks {
    friend constexpr auto exposed(Hooks) noexcept;
};
template struct Expose<Hooks, &httplib::Server::pre_routing_handler_, &httplib::Server::post_routing_handler_,
                       &httplib::Server::exception_handler_, &httplib::Server::file_request_handler_,
                       &httplib::Server::expect_100_continue_handler_>;

struct Settings {
    friend constexpr auto exposed(Settings) noexcept;
};
template struct Expose<Settings, &httplib::Server::error_handler_, &httplib::Server::logger_,
                       &httplib::Server::default_headers_, &httplib::Server::base_dirs_>;

#ifdef CPPHTTPLIB_VERSION_NUM // since 0.24; the hook is older by three versions
struct LaterHooks {
    friend constexpr auto exposed(LaterHooks) noexcept;
};
template struct Expose<LaterHooks, &httplib::Server::pre_request_handler_>;
#endif

namespace {

using SetUp = std::function<void(httplib::Request&)>;
using Outcome = httplib::Server::HandlerResponse;

#ifdef CPPHTTPLIB_VERSION_NUM
void adopt_later_hooks(ServerState& state, const httplib::Server& server) {
    state.pre_request = server.*std::get<0>(exposed(LaterHooks{}));
}
#else
void adopt_later_hooks(ServerState&, const httplib::Server&) {}
#endif

/// Puts `ours` in the place of the program's hook, which is kept. Not twice: a server may run again.
template <class Hook, class Ours>
void wrap(Hook& hook, Hook& kept, Ours ours) {
    if (hook.template target<Ours>() != nullptr) return;
    kept = std::move(hook);
    hook = std::move(ours);
}

void wrap_hooks(ServerState& state, httplib::Server& server) {
    const auto [pre_routing, post_routing, exception, file_request, expect] = exposed(Hooks{});
    wrap(server.*pre_routing, state.pre_routing, [&state](const auto& request, auto& response) {
        if (auto* const exchange = Exchange::current(); exchange != nullptr && exchange->take_ready(request, response))
            return Outcome::Handled;
        const auto* const exchange = Exchange::current();
        const bool asks = state.pre_routing && !(exchange != nullptr && exchange->was_routed());
        return asks ? state.pre_routing(request, response) : Outcome::Unhandled;
    });
    wrap(server.*post_routing, state.post_routing, [&state](const auto& request, auto& response) {
        if (state.post_routing) state.post_routing(request, response);
        if (auto* const exchange = Exchange::current()) exchange->finish_head(request, response);
    });
    wrap(server.*exception, state.exception, [&state](const auto& request, auto& response, std::exception_ptr thrown) {
        answer_exception(state, request, response, std::move(thrown));
    });
    // Asked by the session, which knows what the answer means for the body; httplib would write it and go on.
    wrap(server.*expect, state.expect, [](const auto&, auto&) { return 100; });
    wrap(server.*file_request, state.file_request, [&state](const auto& request, auto& response) {
        if (state.file_request) state.file_request(request, response);
        Exchange::settle_ranges(request, response);
    });
}

void adopt_settings(ServerState& state, httplib::Server& server) {
    const auto [error, logger, default_headers, base_dirs] = exposed(Settings{});
    state.error = server.*error;
    wrap(server.*logger, state.logger,
         [&state](const auto& request, const auto& response) { call_logger(state, request, response); });
    state.default_headers = server.*default_headers;
    state.serves_files = !(server.*base_dirs).empty();
    adopt_later_hooks(state, server);
}

} // namespace

ServerState& ServerAccess::state(Server& server) noexcept {
    return *server.state_;
}

void ServerAccess::install_hooks(Server& server) {
    auto& state = *server.state_;
    adopt_settings(state, server);
    wrap_hooks(state, server);
    state.routes.adopt(server);
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

/// As httplib's handle_file_request(), which refuses some of these paths then.
bool ServerAccess::may_be_file(const Server& server, const std::string& path) {
    const auto is_file = [](std::string name) {
        if (name.back() == '/') name += "index.html";
        struct stat found = {};
        return ::stat(name.c_str(), &found) == 0 && S_ISREG(found.st_mode);
    };
    const auto& mounts = server.*std::get<3>(exposed(Settings{}));
    return std::any_of(mounts.begin(), mounts.end(), [&](const auto& mount) {
        return path.compare(0, mount.mount_point.size(), mount.mount_point) == 0 &&
               is_file(mount.base_dir + "/" + path.substr(mount.mount_point.size()));
    });
}

std::size_t ServerAccess::payload_limit(const Server& server) noexcept {
    return server.payload_max_length_;
}

Fd ServerAccess::take_socket(Server& server) noexcept {
    return Fd{server.svr_sock_.exchange(INVALID_SOCKET)};
}

void ServerAccess::give_socket(Server& server, Fd socket) noexcept {
    server.svr_sock_.store(socket.release());
}

bool ServerAccess::process(Server& server, httplib::Stream& stream, const SetUp& set_up) {
    return call(server, stream, set_up);
}

} // namespace baton::engine
