// SPDX-License-Identifier: MIT
// The functions that a Server adds to httplib's: the drain, and the callbacks for drain and reload.
#include <baton/server.hpp>

#include "libbaton/route/server_state.hpp"

namespace baton {

bool Server::draining() const noexcept {
    return engine::is_draining(state_->serving.load(std::memory_order_acquire));
}

Server& Server::on_drain(std::function<void()> callback) {
    state_->drain_callbacks.push_back(std::move(callback));
    return *this;
}

Server& Server::on_reload(std::function<void()> callback) {
    state_->reload_callbacks.push_back(std::move(callback));
    return *this;
}

void Server::stop() noexcept {
    if (!state_->in_run.load()) return;
    state_->stop_asked.store(true);
    state_->wakeup.wake();
}

void Server::drain() noexcept {
    state_->drain_asked.store(true);
    state_->wakeup.wake();
}

} // namespace baton
