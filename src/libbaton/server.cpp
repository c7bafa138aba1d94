// SPDX-License-Identifier: MIT
// The Server's own registration functions: each notes the pattern's text, which makes the route faster to find, and
// passes everything on to httplib.
#include <baton/server.hpp>

#include "libbaton/listening.hpp"
#include "libbaton/route/httplib_settings.hpp"
#include "libbaton/route/server_state.hpp"

namespace baton {

using http::Method;

Server::Server(const engine::HttplibSeen& seen)
    : engine::HttplibCheck{seen}, state_{std::make_unique<engine::ServerState>()} {
    engine::mark_settings(*this);
    new_task_queue = nullptr;
    listening::take_task_queue(*this);
}

Server::~Server() = default;

Server& Server::Get(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::get, pattern);
    httplib::Server::Get(pattern, std::move(handler));
    return *this;
}

Server& Server::Post(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::post, pattern);
    httplib::Server::Post(pattern, std::move(handler));
    return *this;
}

Server& Server::Post(const std::string& pattern, HandlerWithContentReader handler) {
    httplib::Server::Post(pattern, std::move(handler));
    return *this;
}

Server& Server::Put(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::put, pattern);
    httplib::Server::Put(pattern, std::move(handler));
    return *this;
}

Server& Server::Put(const std::string& pattern, HandlerWithContentReader handler) {
    httplib::Server::Put(pattern, std::move(handler));
    return *this;
}

Server& Server::Patch(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::patch, pattern);
    httplib::Server::Patch(pattern, std::move(handler));
    return *this;
}

Server& Server::Patch(const std::string& pattern, HandlerWithContentReader handler) {
    httplib::Server::Patch(pattern, std::move(handler));
    return *this;
}

Server& Server::Delete(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::remove, pattern);
    httplib::Server::Delete(pattern, std::move(handler));
    return *this;
}

Server& Server::Delete(const std::string& pattern, HandlerWithContentReader handler) {
    httplib::Server::Delete(pattern, std::move(handler));
    return *this;
}

Server& Server::Options(const std::string& pattern, Handler handler) {
    state_->routes.note(Method::options, pattern);
    httplib::Server::Options(pattern, std::move(handler));
    return *this;
}

} // namespace baton
