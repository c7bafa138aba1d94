// SPDX-License-Identifier: MIT
// The Server's own registration functions: each keeps what the plain path needs, and passes the rest on to httplib.
#include <baton/server.hpp>

#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/server_state.hpp"

namespace baton {

using engine::Method;

namespace {

using Handler = httplib::Server::Handler;

/// What httplib is to call: the same handler, and then the ranges settled by what it made.
Handler with_ranges(std::shared_ptr<const Handler> handler) {
    return [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
        (*handler)(request, response);
        engine::Exchange::settle_ranges(request, response);
    };
}

Handler add(engine::ServerState& state, Method method, const std::string& pattern, Handler handler) {
    auto shared = std::make_shared<const Handler>(std::move(handler));
    state.routes.add(method, pattern, shared);
    return with_ranges(std::move(shared));
}

} // namespace

Server::Server() : state_{std::make_unique<engine::ServerState>()} {}
Server::~Server() = default;

Server& Server::Get(const std::string& pattern, Handler handler) {
    httplib::Server::Get(pattern, add(*state_, Method::get, pattern, std::move(handler)));
    return *this;
}

Server& Server::Post(const std::string& pattern, Handler handler) {
    httplib::Server::Post(pattern, add(*state_, Method::post, pattern, std::move(handler)));
    return *this;
}

Server& Server::Post(const std::string& pattern, HandlerWithContentReader handler) {
    state_->routes.add_reader(Method::post, pattern);
    httplib::Server::Post(pattern, std::move(handler));
    return *this;
}

Server& Server::Put(const std::string& pattern, Handler handler) {
    httplib::Server::Put(pattern, add(*state_, Method::put, pattern, std::move(handler)));
    return *this;
}

Server& Server::Put(const std::string& pattern, HandlerWithContentReader handler) {
    state_->routes.add_reader(Method::put, pattern);
    httplib::Server::Put(pattern, std::move(handler));
    return *this;
}

Server& Server::Patch(const std::string& pattern, Handler handler) {
    httplib::Server::Patch(pattern, add(*state_, Method::patch, pattern, std::move(handler)));
    return *this;
}

Server& Server::Patch(const std::string& pattern, HandlerWithContentReader handler) {
    state_->routes.add_reader(Method::patch, pattern);
    httplib::Server::Patch(pattern, std::move(handler));
    return *this;
}

Server& Server::Delete(const std::string& pattern, Handler handler) {
    httplib::Server::Delete(pattern, add(*state_, Method::remove, pattern, std::move(handler)));
    return *this;
}

Server& Server::Delete(const std::string& pattern, HandlerWithContentReader handler) {
    state_->routes.add_reader(Method::remove, pattern);
    httplib::Server::Delete(pattern, std::move(handler));
    return *this;
}

Server& Server::Options(const std::string& pattern, Handler handler) {
    httplib::Server::Options(pattern, add(*state_, Method::options, pattern, std::move(handler)));
    return *this;
}

} // namespace baton
