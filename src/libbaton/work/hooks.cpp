// SPDX-License-Identifier: MIT
#include "libbaton/work/hooks.hpp"

#include "libbaton/reply/ranges.hpp"
#include "libbaton/route/exceptions.hpp"
#include "libbaton/route/exposed.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/route/server_state.hpp"
#include "libbaton/work/exchange.hpp"

#include <baton/server.hpp>

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

#ifdef CPPHTTPLIB_VERSION_NUM // defined since 0.24; the hook is three versions older
struct LaterHooks {
    friend constexpr auto exposed(LaterHooks) noexcept;
};
template struct Expose<LaterHooks, &httplib::Server::pre_request_handler_>;
#endif

namespace {

using Outcome = httplib::Server::HandlerResponse;

#ifdef CPPHTTPLIB_VERSION_NUM
void adopt_later_hooks(ServerState& state, const httplib::Server& server) {
    state.pre_request = server.*std::get<0>(exposed(LaterHooks{}));
}
#else
void adopt_later_hooks(ServerState&, const httplib::Server&) {}
#endif

/// Replaces the program's hook with `ours`, and keeps the original. Not twice: a server may run again.
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
        const bool asks = state.pre_routing && !(exchange != nullptr && exchange->hook_was_asked());
        return asks ? state.pre_routing(request, response) : Outcome::Unhandled;
    });
    wrap(server.*post_routing, state.post_routing, [&state](const auto& request, auto& response) {
        if (state.post_routing) state.post_routing(request, response);
        if (auto* const exchange = Exchange::current()) exchange->finish_head(request, response);
    });
    wrap(server.*exception, state.exception, [&state](const auto& request, auto& response, std::exception_ptr thrown) {
        answer_exception(state, request, response, std::move(thrown));
    });
    // The session calls it, because it knows what the answer means for the body; httplib would write it and go on.
    wrap(server.*expect, state.expect, [](const auto&, auto&) { return 100; });
    wrap(server.*file_request, state.file_request, [&state](const auto& request, auto& response) {
        if (state.file_request) state.file_request(request, response);
        settle_ranges(request, response);
    });
}

void adopt_settings(ServerState& state, httplib::Server& server) {
    const auto [error, logger, default_headers, base_dirs] = exposed(Settings{});
    // httplib applies the ranges after it, also to an error for which it found no route.
    wrap(server.*error, state.error, [&state](const auto& request, auto& response) {
        const auto outcome = state.error ? state.error(request, response) : Outcome::Unhandled;
        settle_ranges(request, response);
        return outcome;
    });
    wrap(server.*logger, state.logger,
         [&state](const auto& request, const auto& response) { call_logger(state, request, response); });
    state.default_headers = server.*default_headers;
    state.serves_files = !(server.*base_dirs).empty();
    adopt_later_hooks(state, server);
}

} // namespace

/// The program may be in the middle of a call on another thread: this follows no pointer of its.
HookWatch::Seen HookWatch::look_at(const Server& server) {
    const auto [pre_routing, post_routing, exception, file_request, expect] = exposed(Hooks{});
    const auto [error, logger, default_headers, base_dirs] = exposed(Settings{});
    const auto& headers = server.*default_headers;
    return {.hooks = {(server.*pre_routing).target_type(), (server.*post_routing).target_type(),
                      (server.*exception).target_type(), (server.*file_request).target_type(),
                      (server.*expect).target_type(), (server.*error).target_type(), (server.*logger).target_type()},
            .default_headers = headers.empty() ? nullptr : &*headers.begin(),
            .settings = setting_numbers(server)};
}

HookWatch::HookWatch(const Server& server) : seen_{look_at(server)} {}

bool HookWatch::sees_change(const Server& server) {
    auto now = look_at(server);
    const bool changed = now != seen_;
    seen_ = std::move(now);
    return changed;
}

void install_hooks(Server& server) {
    auto& state = ServerAccess::state(server);
    adopt_settings(state, server);
    wrap_hooks(state, server);
    state.routes.adopt(server);
}

} // namespace baton::engine
