// SPDX-License-Identifier: MIT
#include "libbaton/engine/exchange.hpp"

#include "libbaton/engine/exceptions.hpp"
#include "libbaton/engine/server_access.hpp"
#include "libbaton/engine/server_state.hpp"
#include "libbaton/http/characters.hpp"
#include "libbaton/http/range.hpp"
#include "libbaton/http/reply_text.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace baton::engine {
namespace {

thread_local Exchange* t_current = nullptr;

/// httplib puts these into a request's headers itself; a client's own must not be taken for them.
bool is_reserved(std::string_view name) noexcept {
    constexpr std::array k_names{std::string_view{"REMOTE_ADDR"}, std::string_view{"REMOTE_PORT"},
                                 std::string_view{"LOCAL_ADDR"}, std::string_view{"LOCAL_PORT"}};
    return std::any_of(k_names.begin(), k_names.end(), [&](auto reserved) { return http::same_word(name, reserved); });
}

/// What is no longer true of a body that is decoded here, before httplib sees it.
bool is_about_coding(std::string_view name) noexcept {
    constexpr std::array k_names{std::string_view{"Content-Encoding"}, std::string_view{"Content-Length"},
                                 std::string_view{"Transfer-Encoding"}};
    return std::any_of(k_names.begin(), k_names.end(), [&](auto coding) { return http::same_word(name, coding); });
}

bool has_unknown_length(const httplib::Response& response) noexcept {
    return response.content_provider_ && response.content_length_ == 0 && !response.is_chunked_content_provider_;
}

/// A 1.0 client knows no chunks: the end of the connection is the end of the body, RFC 9112 section 6.3.
void unchunk(httplib::Response& response) {
    if (!response.is_chunked_content_provider_) return;
    response.is_chunked_content_provider_ = false;
    response.headers.erase("Transfer-Encoding");
    response.headers.erase("Content-Encoding");
}

} // namespace

Exchange::Exchange(Core& core, Connection& connection, Input& input, Output& output, const http::Head& head,
                   const http::Target& target)
    : core_{core}, connection_{connection}, input_{input}, output_{output}, head_{head}, target_{target},
      body_{head, input, connection, core.options, ServerAccess::payload_limit(core.server)}, stream_{head, body_,
                                                                                                      output,
                                                                                                      connection,
                                                                                                      core.options} {
    t_current = this;
    connection_.status = 500; // a reply that never begins is our failure
}

Exchange::~Exchange() {
    t_current = nullptr;
}

Exchange* Exchange::current() noexcept {
    return t_current;
}

AfterReply Exchange::serve() noexcept {
    bool whole = false;
    try {
        const auto* const handler = find_handler();
        whole = handler != nullptr ? serve_plain(*handler) : run_httplib();
    } catch (...) { // content providers and hooks may throw; httplib lets that through
        log_current_exception("answering a request");
    }
    if (whole && head_finished_ && !output_.broken()) return after_;
    output_.flush();
    if (!output_.broken()) add(core_.counters_of(connection_).incomplete); // else its close counts it
    return AfterReply::close; // the reply is not whole, and the client sees that by the close
}

bool Exchange::run_httplib() {
    return ServerAccess::process(core_.server, stream_, [this](httplib::Request& request) {
        if (ready_request_ == nullptr) return set_up(request);
        request.method = std::move(ready_request_->method);
        request.target = std::move(ready_request_->target);
        request.version = std::move(ready_request_->version);
        request.path = std::move(ready_request_->path);
        request.params = std::move(ready_request_->params);
        request.headers = std::move(ready_request_->headers);
        request.body = std::move(ready_request_->body);
        request.ranges = std::move(ready_request_->ranges);
    });
}

bool Exchange::take_ready(httplib::Response& response) {
    if (ready_response_ == nullptr) return false;
    response = std::move(*ready_response_);
    return true;
}

void Exchange::set_up(httplib::Request& request) const {
    request.method = head_.method;
    request.target = head_.target;
    request.version = head_.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
    http::percent_decode(target_.path, http::Plus::stays, request.path);
    request.params.clear();
    http::for_each_parameter(target_.query, [&](std::string&& key, std::string&& value) {
        request.params.emplace(std::move(key), std::move(value));
    });
    copy_fields(request.headers);
    set_ranges(request);
}

/// RFC 9110 section 14.2: for GET only, and what is malformed or abuse is as if it were not there.
void Exchange::set_ranges(httplib::Request& request) const {
    request.ranges.clear();
    if (head_.range.empty()) return;
    const auto as_httplib = [](const auto& position) { return position ? static_cast<ssize_t>(*position) : -1; };
    if (head_.method == "GET")
        for (const auto& range : http::parse_range(head_.range))
            request.ranges.emplace_back(as_httplib(range.first), as_httplib(range.last));
    if (request.ranges.empty()) request.headers.erase("Range");
}

void Exchange::copy_fields(httplib::Headers& headers) const {
    const bool decoded = head_.coding != http::ContentCoding::none && head_.body != http::BodyKind::none;
    const bool asks_handler = core_.state.expect_handler_set && !connection_.continue_sent;
    for (const auto& field : head_.fields) {
        if (is_reserved(field.name) || (decoded && is_about_coding(field.name))) continue;
        if (field.name.size() == 4 && !target_.host.empty() && http::same_word(field.name, "Host")) continue;
        if (field.name.size() == 6 && http::same_word(field.name, "Expect")) {
            if (asks_handler && head_.expect == http::Expect::continue_100) headers.emplace("Expect", "100-continue");
            continue;
        }
        headers.emplace(field.name, field.value);
    }
    if (decoded) headers.emplace("Transfer-Encoding", "chunked");     // how long it becomes is not known
    if (!target_.host.empty()) headers.emplace("Host", target_.host); // the absolute form wins, RFC 9112 section 3.2.2
}

void Exchange::finish_head(const httplib::Request& request, httplib::Response& response) {
    if (const int status = body_.failure_status(); status != 0) response.status = status;
    if (head_.minor_version == 0) unchunk(response);
    if (response.status == 204) response.headers.erase("Content-Length"); // RFC 9110 section 8.6

    // httplib was asked to close, to spare it a Keep-Alive field; a second one is the handler's own.
    const bool handler_closes = response.headers.count("Connection") > 1;
    response.headers.erase("Connection");
    response.headers.erase("Keep-Alive");
    after_ = decide(response, handler_closes);
    if (const auto option = connection_option(); !option.empty()) response.headers.emplace("Connection", option);
    if (!response.has_header("Date")) response.headers.emplace("Date", http::date_now());

    if (response.content_provider_ && request.method != "HEAD") stream_.set_flushing(Flushing::at_once);
    connection_.status = response.status;
    head_finished_ = true;
}

std::string_view Exchange::connection_option() const noexcept {
    if (after_ != AfterReply::next_request) return "close";
    return head_.minor_version == 0 ? "keep-alive" : "";
}

AfterReply Exchange::decide(const httplib::Response& response, bool handler_closes) {
    body_.skip_buffered();
    if (!body_.finished()) return AfterReply::linger; // nobody read it, and the rest is not worth reading
    if (handler_closes || has_unknown_length(response)) return AfterReply::linger;
    if (head_.persistence == http::Persistence::close) return AfterReply::close;
    const bool leave = connection_.audience == Audience::everyone && core_.draining.load(std::memory_order_acquire);
    return leave && !more_requests_wait() ? AfterReply::linger : AfterReply::next_request;
}

/// A pipelining client gets every request answered that has arrived; the last reply is the one that says close.
bool Exchange::more_requests_wait() const noexcept {
    if (!input_.view().empty()) return true;
    char byte = 0;
    return ::recv(connection_.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

} // namespace baton::engine
