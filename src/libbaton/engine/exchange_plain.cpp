// SPDX-License-Identifier: MIT
// The part of an Exchange that does without httplib's process_request: a plain path, its body at hand, a reply that is
// a body. What turns out to be more than that is handed over to httplib with the handler's Response.
#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/exchange.hpp"
#include "libbaton/engine/prelude.hpp"
#include "libbaton/engine/server_access.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/http/characters.hpp"
#include "libbaton/http/reply_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::engine {
namespace {

bool may_have_body(std::string_view method) noexcept {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

/// Fields of the reply that are written by rule and not as the handler gave them.
bool is_ours(std::string_view name) noexcept {
    return (name.size() == 10 && (http::same_word(name, "Connection") || http::same_word(name, "Keep-Alive"))) ||
           (name.size() == 14 && http::same_word(name, "Content-Length")) ||
           (name.size() == 17 && http::same_word(name, "Transfer-Encoding"));
}

void append_number(Output& output, std::size_t number) {
    std::array<char, 20> digits{};
    const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    output.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void append_status(Output& output, int status) {
    if (status == 200) return output.append("HTTP/1.1 200 OK\r\n");
    output.append("HTTP/1.1 ");
    append_number(output, static_cast<std::size_t>(status));
    output.append(" ");
    output.append(http::reason_phrase(status));
    output.append("\r\n");
}

} // namespace

bool Exchange::may_be_file(const std::string& path) const {
    const bool reads = head_.method == "GET" || head_.method == "HEAD";
    return reads && core_.state.serves_files && ServerAccess::may_be_file(core_.server, path);
}

/// The handler, with the request set up for it; nullptr: httplib has to look for one.
const RouteTable::Handler* Exchange::find_handler() {
    if (!body_is_plain()) return nullptr;
    message_ = std::make_unique<Message>();
    set_up(message_->request);
    if (may_be_file(message_->request.path)) return nullptr;
    return core_.state.routes.find(message_->request);
}

/// None, or one that httplib would not look into.
bool Exchange::body_is_plain() const noexcept {
    if (head_.body == http::BodyKind::none) return true;
    if (!may_have_body(head_.method)) return false;
    return std::none_of(head_.fields.begin(), head_.fields.end(), [](const http::Field& field) {
        return http::same_word(field.name, "Content-Type") &&
               (http::same_word(field.value.substr(0, 10), "multipart/") ||
                http::same_word(field.value.substr(0, 33), "application/x-www-form-urlencoded"));
    });
}

bool Exchange::read_plain_body(std::string& body) {
    constexpr std::size_t k_step = 64 * 1024;
    const bool known = head_.body == http::BodyKind::length && head_.coding == http::ContentCoding::none;
    std::size_t size = 0;
    ssize_t got = 0;
    body.reserve(k_step + body_.expected_bytes()); // grown step by step it would be there twice, for a while
    do {
        const auto room = known ? std::min<std::uint64_t>(head_.content_length - size, k_step) : k_step;
        body.resize(size + static_cast<std::size_t>(room));
        got = body_.read(body.data() + size, body.size() - size, output_);
        size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    } while (got > 0 && !(known && size == head_.content_length));
    body.resize(size);
    return got >= 0;
}

void Exchange::add_addresses(httplib::Request& request) const {
    const auto& peer = peer_of(connection_);
    request.remote_addr = peer.remote_address;
    request.remote_port = peer.remote_port;
    request.local_addr = peer.local_address;
    request.local_port = peer.local_port;
    request.headers.emplace("REMOTE_ADDR", peer.remote_address);
    request.headers.emplace("REMOTE_PORT", std::to_string(peer.remote_port));
    request.headers.emplace("LOCAL_ADDR", peer.local_address);
    request.headers.emplace("LOCAL_PORT", std::to_string(peer.local_port));
}

/// What a request meets before its handler.
void Exchange::make_message() {
    auto& [request, response] = *message_;
    add_addresses(request);
    add_expect(request);
    if (connection_.prelude) {
        response = std::move(connection_.prelude->response);
        return;
    }
    response.version = "HTTP/1.1";
    if (!core_.state.default_headers.empty()) response.headers = core_.state.default_headers;
}

/// httplib would answer with the handler's number as a status, or with none, and go on as if it had been 100.
bool Exchange::body_is_welcome() {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    set_up(request);
    make_message();
    int status = 100;
    try {
        status = core_.state.expect(request, response);
    } catch (...) {
        status = 500;
        answer_exception(core_.state, request, response, std::current_exception());
    }
    if (status == 100) {
        connection_.prelude = std::make_unique<Prelude>();
        connection_.prelude->response = std::move(response);
        return true;
    }
    if (response.status == -1) response.status = http::is_final_status(status) ? status : 500;
    return false;
}

bool Exchange::was_routed() const noexcept {
    return connection_.prelude && connection_.prelude->routed;
}

/// A body that is large, or asked about, is not taken for a route that is none, nor for whom the program sends away.
bool Exchange::is_routed() {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    set_up(request);
    make_message();
    try {
        if (is_answered_by_hook()) return false;
    } catch (...) {
        answer_exception(core_.state, request, response, std::current_exception());
        return false;
    }
    const auto& routes = core_.state.routes;
    if (routes.find(request) == nullptr && !routes.has_reader(request.method, request.path)) {
        if (response.status == -1) response.status = 404;
        return false;
    }
    if (!connection_.prelude) connection_.prelude = std::make_unique<Prelude>();
    connection_.prelude->response = std::move(response);
    connection_.prelude->routed = true;
    return true;
}

/// As httplib answers what it cannot read, by write_response().
void Exchange::make_refusal(int status, std::string_view reason) {
    message_ = std::make_unique<Message>();
    auto& [request, response] = *message_;
    const auto& state = core_.state;
    set_up(request);
    request.ranges.clear();
    add_addresses(request);
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
    append_status(output_, response.status);
    append_fields(response, false);
    if (head_.method != "HEAD" && !http::has_no_body(response.status)) output_.append(response.body);
    connection_.status = response.status;
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

/// What httplib has not looked for yet when it calls this hook, the hook does not see.
bool Exchange::is_answered_by_hook() {
    const auto& pre_routing = core_.state.pre_routing;
    if (!pre_routing || was_routed()) return false;
    auto& [request, response] = *message_;
    const Captures captures{request};
    return pre_routing(request, response) == httplib::Server::HandlerResponse::Handled;
}

void Exchange::call_handler(const RouteTable::Handler& handler) {
    auto& [request, response] = *message_;
    try {
        if (is_answered_by_hook()) return;
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
    const bool head_only = head_.method == "HEAD";
    append_head(request, response, head_only && response.body.empty() && response.has_header("Content-Length"));
    if (!head_only) output_.append(response.body);
}

void Exchange::append_head(const httplib::Request& request, httplib::Response& response, bool keeps_length) {
    if (head_.method == "HEAD" && !response.has_header("Accept-Ranges"))
        response.headers.emplace("Accept-Ranges", "bytes");              // as httplib
    const bool is_seen = core_.state.post_routing || core_.state.logger; // who sees it sees what is sent
    if (is_seen && !keeps_length) {
        response.headers.erase("Content-Length");
        response.headers.emplace("Content-Length", std::to_string(response.body.size()));
    }
    if (core_.state.post_routing) core_.state.post_routing(request, response);
    settle_status(response);
    if (http::has_no_body(response.status)) drop_body(response);
    const auto& fields = response.headers;
    after_ = decide(response, fields.find("Connection") != fields.end() &&
                                  http::same_word(fields.find("Connection")->second, "close"));
    append_status(output_, response.status);
    append_fields(response, keeps_length);
    if (core_.state.logger) complete_fields(response);
    connection_.status = response.status;
    head_finished_ = true;
}

void Exchange::append_fields(const httplib::Response& response, bool keeps_length) {
    bool dated = false;
    for (const auto& [name, value] : response.headers) {
        if (is_ours(name) && !(keeps_length && name.size() > 10)) continue;
        dated |= name.size() == 4 && http::same_word(name, "Date");
        output_.append(name);
        output_.append(": ");
        output_.append(value);
        output_.append("\r\n");
    }
    if (!keeps_length && !http::has_no_body(response.status)) {
        output_.append("Content-Length: ");
        append_number(output_, response.body.size());
        output_.append("\r\n");
    }
    if (const auto option = connection_option(); !option.empty()) {
        output_.append("Connection: ");
        output_.append(option);
        output_.append("\r\n");
    }
    if (!dated) {
        output_.append("Date: ");
        output_.append(http::date_now());
        output_.append("\r\n");
    }
    output_.append("\r\n");
}

} // namespace baton::engine
