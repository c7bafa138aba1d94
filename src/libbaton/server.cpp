// SPDX-License-Identifier: MIT
#include <baton/server.hpp>

#include "libbaton/engine/server_state.hpp"
#include "libbaton/engine/wakeup.hpp"

namespace baton {
Server::Server() : state_{std::make_unique<engine::ServerState>()} {}
Server::~Server() = default;

Server& Server::set_post_routing_handler(Handler handler) {
    state_->post_routing = std::move(handler);
    return *this;
}

Server& Server::set_exception_handler(ExceptionHandler handler) {
    state_->exception_handler_set = true;
    httplib::Server::set_exception_handler(std::move(handler));
    return *this;
}

Server& Server::set_expect_100_continue_handler(Expect100ContinueHandler handler) {
    state_->expect_handler_set = true;
    httplib::Server::set_expect_100_continue_handler(std::move(handler));
    return *this;
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
    if (const int descriptor = state_->wake.load(); descriptor >= 0) engine::Wakeup::wake(descriptor);
}

} // namespace baton
