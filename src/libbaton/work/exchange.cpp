// SPDX-License-Identifier: MIT
#include "libbaton/work/exchange.hpp"

#include "libbaton/http/characters.hpp"
#include "libbaton/http/reply_text.hpp"
#include "libbaton/io/log.hpp"
#include "libbaton/request/httplib_request.hpp"
#include "libbaton/request/prelude.hpp"
#include "libbaton/route/exceptions.hpp"
#include "libbaton/route/server_access.hpp"
#include "libbaton/route/server_state.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace baton::engine {
namespace {

thread_local Exchange* t_current = nullptr;

bool has_unknown_length(const httplib::Response& response) noexcept {
    return response.content_provider_ && response.content_length_ == 0 && !response.is_chunked_content_provider_;
}

/// httplib was asked to close, which avoids its Keep-Alive field; a second "close" is the handler's own.
bool handler_closes(const httplib::Response& response) {
    const auto [first, last] = response.headers.equal_range("Connection");
    return std::count_if(first, last, [](const auto& field) { return http::same_word(field.second, "close"); }) > 1;
}

/// A 1.0 client does not know chunks: the end of the connection ends the body, RFC 9112 section 6.3.
void unchunk(httplib::Response& response) {
    if (!response.is_chunked_content_provider_) return;
    response.is_chunked_content_provider_ = false;
    response.headers.erase("Transfer-Encoding");
    response.headers.erase("Content-Encoding");
}

/// The value of the field that was added last; "" if there is none. httplib 0.11's multimap keeps equal names in the
/// order of addition; the hash table since 0.18 keeps them in reverse.
std::string newest(const httplib::Headers& fields, const char* name) {
    static const bool is_first = [] {
        httplib::Headers probe;
        probe.emplace("Name", "older");
        probe.emplace("Name", "newer");
        return probe.equal_range("Name").first->second == "newer";
    }();
    const auto [first, last] = fields.equal_range(name);
    std::string value;
    for (auto it = first; it != last; ++it) {
        value = it->second;
        if (is_first) break;
    }
    return value;
}

} // namespace

Exchange::Exchange(Core& core, Connection& connection, Input& input, Output& output, const RequestHead& asked)
    : core_{core},
      connection_{connection},
      input_{input},
      output_{output},
      asked_{asked},
      body_{asked.head,
            {input, connection.socket.get(), connection.pace, connection.request.spool.get(),
             connection.request.continue_sent},
            core.options,
            ServerAccess::payload_limit(core.server)},
      stream_(asked.head, body_, output, connection, core.options) {
    t_current = this;
    connection_.reply.status = 500; // a reply that never begins is our error
}

Exchange::~Exchange() {
    t_current = nullptr;
}

Exchange* Exchange::current() noexcept {
    return t_current;
}

AfterReply Exchange::serve(Body body) noexcept {
    return run([this, body] {
        if (core_.state.pre_routing) return serve_hooked(body);
        const auto* const handler = find_handler();
        return handler != nullptr ? serve_plain(*handler) : run_httplib();
    });
}

AfterReply Exchange::answer_early() noexcept {
    return run([this] { return write_reply(); });
}

template <class Make>
AfterReply Exchange::run(Make make) noexcept {
    bool whole = false;
    try {
        whole = make();
    } catch (...) { // content providers and hooks may throw; httplib passes it on
        log_current_exception("answering a request");
        if (!stream_.body_has_begun() && output_.sent_bytes() == 0) return answer_throwing_provider();
    }
    if (whole && head_finished_ && !output_.broken()) return after_;
    output_.flush();
    return AfterReply::abort;
}

/// Only if no part of the reply has been sent yet.
AfterReply Exchange::answer_throwing_provider() {
    output_.discard();
    connection_.ends_reply.store(false);
    return refuse(500, "internal error");
}

bool Exchange::run_httplib() {
    const bool written = ServerAccess::process(core_.server, stream_, [this](httplib::Request& request) {
        if (ready_request_ == nullptr)
            fill(request, asked_, connection_.socket.get());
        else
            take_ready_request(request);
        if (ready_response_ != nullptr || head_.body == http::BodyKind::none) return;
        stream_.fills(request);
        if (!core_.state.routes.has_reader(http::parse_method(request.method), request.path))
            body_.charge(core_.spool_room, peer_of(connection_).remote_address);
    });
    return written && stream_.reply_is_whole();
}

/// Fills in the whole Request: hooks and logger still follow.
void Exchange::take_ready_request(httplib::Request& request) const {
    request = std::move(*ready_request_);
    request.headers.erase("Expect"); // httplib would answer it, see take_ready()
    if (!request.matches.empty())
        (void)core_.state.routes.find(request); // they pointed into the old location of the path
}

bool Exchange::take_ready(const httplib::Request& request, httplib::Response& response) {
    // The object is httplib's own and not const; httplib has already looked for the field, and would otherwise answer
    // it.
    add_expect(const_cast<httplib::Request&>(request), head_);
    if (ready_response_ != nullptr) {
        response = std::move(*ready_response_);
        return true;
    }
    if (connection_.request.prelude) response = std::move(connection_.request.prelude->response);
    return false;
}

void Exchange::finish_head(const httplib::Request& request, httplib::Response& response) {
    if (const int status = body_.failure_status(); status != 0) response.status = status;
    settle_status(response);
    settle_provider(response);
    if (head_.minor_version == 0) unchunk(response);
    if (http::has_no_body(response.status)) drop_body(response);
    expect_reply(request, response);

    after_ = decide(response, handler_closes(response));
    complete_fields(response);

    if (response.content_provider_ && request.method != "HEAD") {
        watch_provider(response);
        stream_.set_flushing(Flushing::at_once);
    }
    connection_.reply.status = response.status;
    head_finished_ = true;
}

void Exchange::complete_fields(httplib::Response& response) const {
    response.headers.erase("Connection");
    response.headers.erase("Keep-Alive");
    if (const auto option = connection_option(); !option.empty()) response.headers.emplace("Connection", option);
    if (!response.has_header("Date")) response.headers.emplace("Date", http::date_now());
}

/// A status that no client can take for the end of its request is an error of the program.
void Exchange::settle_status(httplib::Response& response) {
    if (http::is_final_status(response.status)) return;
    log(Level::error, "answering a request: " + std::to_string(response.status) + " is not a final reply status");
    response.status = 500;
}

/// If there is a body, httplib sends it and does not call the provider.
void Exchange::settle_provider(httplib::Response& response) {
    if (response.body.empty()) return;
    response.content_provider_ = nullptr;
    response.content_length_ = 0;
    response.is_chunked_content_provider_ = false;
}

/// Sets one framing for both the client and the check of httplib's output. Of two lengths, the older is the handler's
/// own guess, and the newer is httplib's.
void Exchange::expect_reply(const httplib::Request& request, httplib::Response& response) {
    using Framing = ReplyCheck::Framing;
    const bool has_body = !response.body.empty() || response.content_provider_;
    auto length = newest(response.headers, "Content-Length");
    if (request.method != "HEAD" && !response.content_provider_) length = std::to_string(response.body.size());
    if (length.empty() && response.content_length_ > 0 && request.ranges.empty())
        length = std::to_string(response.content_length_);
    if (http::has_no_body(response.status) || (response.content_provider_ && response.content_length_ == 0))
        length = "";
    response.headers.erase("Content-Length");
    response.headers.erase("Transfer-Encoding");
    if (!length.empty()) response.headers.emplace("Content-Length", length);
    if (response.is_chunked_content_provider_) response.headers.emplace("Transfer-Encoding", "chunked");

    const auto status = response.status;
    if (request.method == "HEAD" || !has_body) return stream_.expect_reply(status, Framing::none);
    if (response.is_chunked_content_provider_) return stream_.expect_reply(status, Framing::chunks);
    if (!length.empty()) return stream_.expect_reply(status, Framing::length, std::stoull(length));
    stream_.expect_reply(status, Framing::end_of_connection);
    connection_.ends_reply.store(true);
}

/// httplib keeps calling the provider, even if the client is gone, and offers the whole length at once.
void Exchange::watch_provider(httplib::Response& response) {
    response.content_provider_ = [this, provider = std::move(response.content_provider_)](
                                     std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        if (core_.serving() >= ServingState::stopping || !stream_.is_peer_alive()) return false;
        return provider(offset, std::min(length, core_.options.limits.max_unsent_bytes), sink);
    };
}

/// The client would read the bytes as the next reply. RFC 9110 section 8.6 and RFC 9112 section 6.1 also forbid the
/// fields in a 204; in a 304 they would have to be those of the 200, which is unknown here.
void Exchange::drop_body(httplib::Response& response) {
    response.body.clear();
    response.content_provider_ = nullptr;
    response.content_length_ = 0;
    response.is_chunked_content_provider_ = false;
    response.headers.erase("Content-Length");
    response.headers.erase("Transfer-Encoding");
}

std::string_view Exchange::connection_option() const noexcept {
    if (after_ != AfterReply::next_request) return "close";
    return head_.minor_version == 0 ? "keep-alive" : "";
}

AfterReply Exchange::decide(const httplib::Response& response, bool handler_closes) {
    body_.skip_buffered();
    if (!body_.finished()) return AfterReply::linger; // the body was not read, and the rest is not worth reading
    const auto most = core_.options.limits.max_requests;
    const bool was_last = (most != 0 && connection_.requests >= most) || connection_.ends_reply.load();
    if (handler_closes || was_last || has_unknown_length(response)) return AfterReply::linger;
    if (head_.persistence == http::Persistence::close) return AfterReply::close;
    const bool leave = connection_.audience == Audience::everyone && core_.draining();
    return leave && !more_requests_wait() ? AfterReply::linger : AfterReply::next_request;
}

/// A pipelining client gets a reply to every request that has arrived; only the last reply says close.
bool Exchange::more_requests_wait() const noexcept {
    input_.skip_empty_lines();
    if (input_.has_message()) return true;
    std::array<char, 256> bytes{};
    const auto got = ::recv(connection_.socket.get(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    const std::string_view waiting{bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    return waiting.find_first_not_of("\r\n") != std::string_view::npos; // empty lines are not a request
}

} // namespace baton::engine
