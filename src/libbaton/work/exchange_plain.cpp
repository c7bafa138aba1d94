// SPDX-License-Identifier: MIT
// The part of an Exchange that does not need httplib's process_request: a plain path, a complete body, a reply that is
// a body. If the reply turns out to be more, it is handed over to httplib with the handler's Response.
#include "libbaton/http/characters.hpp"
#include "libbaton/http/reply_text.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/reply/ranges.hpp"
#include "libbaton/reply/reply_head.hpp"
#include "libbaton/request/httplib_request.hpp"
#include "libbaton/request/prelude.hpp"
#include "libbaton/route/exceptions.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/route/server_state.hpp"
#include "libbaton/work/exchange.hpp"

#include <algorithm>

namespace baton::engine {

bool Exchange::may_be_file(const std::string& path) const {
    return http::only_reads(head_.method) && core_.state.serves_files && ServerAccess::may_be_file(core_.server, path);
}

/// The handler, with the request set up for it; nullptr: httplib must look for one.
const RouteTable::Handler* Exchange::find_handler() {
    if (!has_plain_body(head_)) return nullptr;
    message_ = std::make_unique<Message>();
    fill(message_->request, asked_, connection_.socket.get());
    if (may_be_file(message_->request.path)) return nullptr;
    return core_.state.routes.find(message_->request);
}

bool Exchange::read_plain_body(std::string& body) {
    constexpr std::size_t k_step = 64 * 1024;
    const bool known = head_.body == http::BodyKind::length && head_.coding == http::ContentCoding::none;
    std::size_t size = 0;
    ssize_t got = 0;
    body_.charge(core_.spool_room, peer_of(connection_).remote_address);
    body.reserve(k_step + body_.expected_bytes()); // growing step by step would hold it twice for a while
    do {
        const auto room = known ? std::min<std::uint64_t>(head_.content_length - size, k_step) : k_step;
        body.resize(size + static_cast<std::size_t>(room));
        got = body_.read(body.data() + size, body.size() - size, output_);
        size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    } while (got > 0 && !(known && size == head_.content_length));
    body.resize(size);
    return got >= 0;
}

/// Completes the request and begins the response, for the first code of the program that sees them.
void Exchange::make_message() {
    auto& [request, response] = *message_;
    add_addresses(request, peer_of(connection_));
    add_expect(request, head_);
    if (connection_.request.prelude) {
        response = std::move(connection_.request.prelude->response);
        return;
    }
    response.version = "HTTP/1.1";
    if (!core_.state.default_headers.empty()) response.headers = core_.state.default_headers;
}

/// httplib would send the handler's number as a status, or none, and go on as if it had been 100.
bool Exchange::body_is_welcome() {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    fill(request, asked_, connection_.socket.get());
    make_message();
    int status = 100;
    try {
        status = core_.state.expect(request, response);
    } catch (...) {
        status = 500;
        answer_exception(core_.state, request, response, std::current_exception());
    }
    if (status == 100) {
        connection_.request.prelude = std::make_unique<Prelude>();
        connection_.request.prelude->response = std::move(response);
        return true;
    }
    if (response.status == -1) response.status = http::is_final_status(status) ? status : 500;
    return false;
}

/// A large body, or one that the client asks about, is only accepted if a route exists. Only for programs without a
/// pre-routing hook: the thread that calls the handler must also call the hook.
bool Exchange::find_route() {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    fill(request, asked_, connection_.socket.get());
    make_message();
    const auto& routes = core_.state.routes;
    if (routes.find(request) == nullptr && !routes.has_reader(head_.method, request.path)) {
        if (response.status == -1) response.status = 404;
        return false;
    }
    if (!connection_.request.prelude) connection_.request.prelude = std::make_unique<Prelude>();
    connection_.request.prelude->response = std::move(response);
    connection_.request.prelude->routed = true;
    return true;
}

/// Like httplib's answer to unreadable requests, write_response().
void Exchange::make_refusal(int status, std::string_view reason) {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    const auto& state = core_.state;
    fill(request, asked_, connection_.socket.get());
    request.ranges.clear();
    add_addresses(request, peer_of(connection_));
    response.version = "HTTP/1.1";
    response.headers = state.default_headers;
    response.status = status;
    if (state.error) (void)state.error(request, response);
    settle_status(response);
    response.content_provider_ = nullptr;
    if (response.body.empty()) response.set_content(std::string{reason} + "\n", "text/plain");
    if (state.post_routing) state.post_routing(request, response);
    settle_status(response);
    after_ = AfterReply::linger;
    append_head(output_, response, LengthField::ours, connection_option());
    if (head_.method != http::Method::head && !http::has_no_body(response.status)) output_.append(response.body);
    connection_.reply.status = response.status;
    call_logger(state, request, response);
}

AfterReply Exchange::refuse(int status, std::string_view reason) noexcept {
    try {
        make_refusal(status, reason);
    } catch (...) {
        log_current_exception("refusing a request");
        return AfterReply::abort;
    }
    return AfterReply::linger;
}

bool Exchange::serve_plain(const RouteTable::Handler& handler) {
    make_message();
    call_handler(handler);
    return write_reply();
}

/// Calls the program's pre-routing hook first, as in httplib: it may change the request and its route. The same thread
/// then calls the handler, without work on another request in between. If the hook refuses the request, or no route
/// exists, the rest of the body is not awaited.
bool Exchange::serve_hooked(Body body) {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    fill(request, asked_, connection_.socket.get());
    make_message();
    try {
        if (is_answered_by_hook()) return write_reply();
    } catch (...) {
        answer_exception(core_.state, request, response, std::current_exception());
        return write_reply();
    }
    if (may_be_file(request.path)) return hand_over();
    const auto& routes = core_.state.routes;
    const auto* const handler = routes.find(request);
    if (handler != nullptr && has_plain_body(head_)) {
        call_handler(*handler);
        return write_reply();
    }
    const bool is_nowhere = handler == nullptr && !routes.has_reader(http::parse_method(request.method), request.path);
    if (!is_nowhere || body == Body::here) return hand_over();
    if (response.status == -1) response.status = 404;
    return write_reply();
}

/// Hands over to httplib, with the request and the response as the hook left them.
bool Exchange::hand_over() {
    connection_.request.prelude = std::make_unique<Prelude>();
    connection_.request.prelude->response = std::move(message_->response);
    ready_request_ = &message_->request;
    return run_httplib();
}

bool Exchange::write_reply() {
    auto& [request, response] = *message_;
    settle_ranges(request, response);
    if (response.status == -1) response.status = 200;
    settle_status(response);
    settle_provider(response);
    if (needs_httplib(request, response)) {
        ready_request_ = &request;
        ready_response_ = &response;
        return run_httplib();
    }
    if (response.content_provider_) {
        write_stream(request, response);
        return true;
    }
    write_plain(request, response);
    call_logger(core_.state, request, response);
    return true;
}

/// Hides from this hook what httplib would not have looked for yet when it calls it.
bool Exchange::is_answered_by_hook() {
    auto& [request, response] = *message_;
    const Captures captures{request};
    hook_was_asked_ = true;
    return core_.state.pre_routing(request, response) == httplib::Server::HandlerResponse::Handled;
}

void Exchange::call_handler(const RouteTable::Handler& handler) {
    auto& [request, response] = *message_;
    try {
        const auto& pre_request = core_.state.pre_request;
        if (pre_request && pre_request(request, response) == httplib::Server::HandlerResponse::Handled) return;
        if (head_.body == http::BodyKind::none || read_plain_body(request.body))
            handler(request, response);
        else
            response.status = body_.failure_status();
    } catch (...) {
        answer_exception(core_.state, request, response, std::current_exception());
    }
}

bool Exchange::needs_httplib(const httplib::Request& request, const httplib::Response& response) const {
    if (response.status >= 400 && core_.state.error) return true;
    if (response.content_provider_) return false;
    if (response.content_length_ != 0 || !request.ranges.empty()) return true;
    return !response.body.empty() && request.headers.find("Accept-Encoding") != request.headers.end() &&
           httplib::detail::encoding_type(request, response) != httplib::detail::EncodingType::None;
}

void Exchange::write_plain(const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty() && response.headers.find("Content-Type") == response.headers.end())
        response.headers.emplace("Content-Type", "text/plain");
    const bool head_only = head_.method == http::Method::head;
    const bool has_length = head_only && response.body.empty() && response.has_header("Content-Length");
    write_head(request, response, has_length ? LengthField::as_it_is : LengthField::ours);
    if (!head_only) output_.append(response.body);
}

void Exchange::write_head(const httplib::Request& request, httplib::Response& response, LengthField length) {
    if (head_.method == http::Method::head && !response.has_header("Accept-Ranges"))
        response.headers.emplace("Accept-Ranges", "bytes");              // as httplib
    const bool is_seen = core_.state.post_routing || core_.state.logger; // they see the reply as it is sent
    if (is_seen && length == LengthField::ours) {
        response.headers.erase("Content-Length");
        response.headers.emplace("Content-Length", std::to_string(response.body.size()));
    }
    if (core_.state.post_routing) core_.state.post_routing(request, response);
    settle_status(response);
    if (http::has_no_body(response.status)) drop_body(response);
    const auto& fields = response.headers;
    after_ = decide(response, fields.find("Connection") != fields.end() &&
                                  http::same_word(fields.find("Connection")->second, "close"));
    append_head(output_, response, length, connection_option());
    if (core_.state.logger) complete_fields(response);
    connection_.reply.status = response.status;
    head_finished_ = true;
}

} // namespace baton::engine
