// SPDX-License-Identifier: MIT
// The Server's hooks: kept here for the plain path, and given to httplib for the others.
#include <baton/server.hpp>

#include "libbaton/engine/server_state.hpp"

namespace baton {

Server& Server::set_pre_routing_handler(HandlerWithResponse handler) {
    state_->pre_routing = std::move(handler);
    return *this;
}

Server& Server::set_post_routing_handler(Handler handler) {
    state_->post_routing = std::move(handler);
    return *this;
}

Server& Server::set_error_handler(HandlerWithResponse handler) {
    state_->error_handler_set = true;
    httplib::Server::set_error_handler(std::move(handler));
    return *this;
}

Server& Server::set_error_handler(Handler handler) {
    state_->error_handler_set = true;
    httplib::Server::set_error_handler(std::move(handler));
    return *this;
}

Server& Server::set_exception_handler(ExceptionHandler handler) {
    state_->exception = std::move(handler);
    return *this;
}

Server& Server::set_expect_100_continue_handler(Expect100ContinueHandler handler) {
    state_->expect_handler_set = true;
    httplib::Server::set_expect_100_continue_handler(std::move(handler));
    return *this;
}

Server& Server::set_logger(httplib::Logger logger) {
    state_->logger = logger;
    httplib::Server::set_logger(std::move(logger));
    return *this;
}

Server& Server::set_default_headers(httplib::Headers headers) {
    state_->default_headers = headers;
    httplib::Server::set_default_headers(std::move(headers));
    return *this;
}

Server& Server::set_file_request_handler(Handler handler) {
    state_->file_request = std::move(handler);
    return *this;
}

bool Server::set_base_dir(const std::string& directory, const std::string& mount_point) {
    return set_mount_point(mount_point, directory);
}

bool Server::set_mount_point(const std::string& mount_point, const std::string& directory, httplib::Headers headers) {
    state_->serves_files = true;
    return httplib::Server::set_mount_point(mount_point, directory, std::move(headers));
}

bool Server::draining() const noexcept {
    return state_->draining.load(std::memory_order_acquire);
}

Server& Server::on_drain(std::function<void()> callback) {
    state_->drain_callbacks.push_back(std::move(callback));
    return *this;
}

Server& Server::on_reload(std::function<void()> callback) {
    state_->reload_callbacks.push_back(std::move(callback));
    return *this;
}

void Server::drain() noexcept {
    state_->drain_asked.store(true);
    state_->wakeup.wake();
}

} // namespace baton
