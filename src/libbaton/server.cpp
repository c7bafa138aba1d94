// SPDX-License-Identifier: MIT
#include <baton/server.hpp>

#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/log.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/engine/wakeup.hpp"

namespace baton {
namespace {

/// httplib would put the exception's text into a header for the client.
void answer_exception(const httplib::Request& request, httplib::Response& response, std::exception_ptr exception) {
    std::string why = "an exception of unknown type";
    try {
        std::rethrow_exception(std::move(exception));
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) { // keeps the default
    }
    engine::log(engine::Level::error, "answering '" + request.method + " " + request.path + "': " + why);
    response.status = 500;
    response.set_content("internal error\n", "text/plain");
}

} // namespace

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

/// 0.11 takes no addresses, 0.18 and later do. A template, so that only the call that exists is compiled.
template <class Self>
bool Server::call_httplib(Self& self, httplib::Stream& stream, const std::function<void(httplib::Request&)>& set_up) {
    bool closed = false;         // what we do is said by finish_head()
    constexpr bool close = true; // spares us its Keep-Alive field
    if constexpr (requires { self.process_request(stream, close, closed, set_up); }) {
        return self.process_request(stream, close, closed, set_up);
    } else {
        std::string remote;
        std::string local;
        int remote_port = 0;
        int local_port = 0;
        stream.get_remote_ip_and_port(remote, remote_port);
        stream.get_local_ip_and_port(local, local_port);
        return self.process_request(stream, remote, remote_port, local, local_port, close, closed, set_up);
    }
}

bool Server::process(httplib::Stream& stream, const std::function<void(httplib::Request&)>& set_up) {
    return call_httplib(*this, stream, set_up);
}

void Server::install_hooks() {
    svr_sock_ = 0; // INVALID_SOCKET would mean "stopping" to httplib's content providers; it is used for nothing else
    if (!state_->exception_handler_set) httplib::Server::set_exception_handler(answer_exception);
    httplib::Server::set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
        if (state_->post_routing) state_->post_routing(request, response);
        if (auto* const exchange = engine::Exchange::current()) exchange->finish_head(request, response);
    });
}

} // namespace baton
