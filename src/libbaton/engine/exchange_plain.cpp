// SPDX-License-Identifier: MIT
// The part of an Exchange that does without httplib's process_request: a plain path, its body at hand, a reply that is
// a body. What turns out to be more than that is handed over to httplib with the handler's Response.
#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/exchange.hpp"
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
           (name.size() == 14 && http::same_word(name, "Content-Length"));
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

bool Exchange::is_plain() const noexcept {
    const auto& state = core_.state;
    const bool looks_for_file = state.serves_files && (head_.method == "GET" || head_.method == "HEAD");
    return !looks_for_file && body_is_plain();
}

/// The handler, with the request set up for it; nullptr: httplib has to look for one.
const RouteTable::Handler* Exchange::find_handler() {
    if (!is_plain()) return nullptr;
    const auto& routes = core_.state.routes;
    const auto* handler = routes.find(head_.method, target_.path);
    const bool encoded = target_.path.find('%') != std::string_view::npos;
    if (handler == nullptr && !encoded && !routes.has_patterns(head_.method)) return nullptr;
    message_ = std::make_unique<Message>();
    auto& request = message_->request;
    set_up(request);
    if (handler == nullptr && encoded) handler = routes.find(head_.method, request.path);
    return handler != nullptr ? handler : routes.find_pattern(head_.method, request.path, request.matches);
}

/// None, or one that httplib would not look into. The program may want to refuse it before it comes.
bool Exchange::body_is_plain() const noexcept {
    if (head_.body == http::BodyKind::none) return true;
    if (!may_have_body(head_.method) || core_.state.expect_handler_set) return false;
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

bool Exchange::serve_plain(const RouteTable::Handler& handler) {
    auto& [request, response] = *message_;
    response.version = "HTTP/1.1";
    if (!core_.state.default_headers.empty()) response.headers = core_.state.default_headers;
    add_addresses(request);
    call_handler(handler);
    settle_ranges(request, response);
    if (response.status == -1) response.status = 200;
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
    if (core_.state.logger) core_.state.logger(request, response);
    return true;
}

void Exchange::call_handler(const RouteTable::Handler& handler) {
    auto& [request, response] = *message_;
    using Outcome = httplib::Server::HandlerResponse;
    try {
        const auto& pre_routing = core_.state.pre_routing;
        if (pre_routing && pre_routing(request, response) == Outcome::Handled) return;
        if (head_.body == http::BodyKind::none || read_plain_body(request.body))
            handler(request, response);
        else
            response.status = body_.failure_status();
    } catch (...) {
        answer_exception(core_.state, request, response, std::current_exception());
    }
}

bool Exchange::needs_httplib(const httplib::Request& request, const httplib::Response& response) const {
    if (response.status >= 400 && core_.state.error_handler_set) return true;
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
    if (!head_only && response.status != 204 && response.status != 304) output_.append(response.body);
}

void Exchange::append_head(const httplib::Request& request, httplib::Response& response, bool keeps_length) {
    if (core_.state.post_routing) core_.state.post_routing(request, response);
    const auto& fields = response.headers;
    after_ = decide(response, fields.find("Connection") != fields.end() &&
                                  http::same_word(fields.find("Connection")->second, "close"));
    append_status(output_, response.status);
    append_fields(response, keeps_length);
    connection_.status = response.status;
    head_finished_ = true;
}

void Exchange::append_fields(const httplib::Response& response, bool keeps_length) {
    bool dated = false;
    for (const auto& [name, value] : response.headers) {
        if (is_ours(name) && !(keeps_length && name.size() == 14)) continue;
        dated |= name.size() == 4 && http::same_word(name, "Date");
        output_.append(name);
        output_.append(": ");
        output_.append(value);
        output_.append("\r\n");
    }
    if (!keeps_length && response.status != 204 && response.status >= 200) {
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
