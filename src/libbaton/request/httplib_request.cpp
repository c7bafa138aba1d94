// SPDX-License-Identifier: MIT
#include "libbaton/request/httplib_request.hpp"

#include "libbaton/http/accepted_codings.hpp"
#include "libbaton/http/characters.hpp"
#include "libbaton/http/range.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace baton::engine {
namespace {

/// httplib adds these to a request's headers itself; a client's own fields must not pass for them.
bool is_reserved(std::string_view name) noexcept {
    constexpr std::array k_names{std::string_view{"REMOTE_ADDR"}, std::string_view{"REMOTE_PORT"},
                                 std::string_view{"LOCAL_ADDR"}, std::string_view{"LOCAL_PORT"}};
    return std::any_of(k_names.begin(), k_names.end(), [&](auto reserved) { return http::same_word(name, reserved); });
}

/// Already judged here: httplib gets the verdict, not the client's field.
bool is_framing(std::string_view name) noexcept {
    return http::same_word(name, "Content-Length") || http::same_word(name, "Transfer-Encoding");
}

bool has_gone(int socket) noexcept {
    char byte = 0;
    const auto got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/// Fields that newer httplibs have in a Request, and fill before they ask us for the rest.
template <class Request>
void add_later_members(Request& request, int socket) {
    if constexpr (requires { request.is_connection_closed; })
        request.is_connection_closed = [socket] { return has_gone(socket); };
    if constexpr (requires { request.start_time_; }) request.start_time_ = std::chrono::steady_clock::now();
#ifdef CPPHTTPLIB_VERSION_NUM // defined since 0.24; the member is one version older
    (void)httplib::detail::parse_accept_header(request.get_header_value("Accept"), request.accept_content_types);
#endif
}

/// RFC 9110 section 14.2: only for GET; a malformed or abusive field is treated as absent.
void set_ranges(const http::Head& head, httplib::Request& request) {
    request.ranges.clear();
    if (head.range.empty()) return;
    const auto as_httplib = [](const auto& position) { return position ? static_cast<ssize_t>(*position) : -1; };
    if (head.method == http::Method::get)
        for (const auto& range : http::parse_range(head.range))
            request.ranges.emplace_back(as_httplib(range.first), as_httplib(range.last));
    if (request.ranges.empty()) request.headers.erase("Range");
}

/// A decoded body is longer than its field says, by an unknown amount.
void add_framing(const http::Head& head, bool decoded, httplib::Headers& headers) {
    const auto sends_length = [](const http::Field& field) { return http::same_word(field.name, "Content-Length"); };
    if (head.body == http::BodyKind::chunked || decoded)
        headers.emplace("Transfer-Encoding", "chunked");
    else if (std::any_of(head.fields.begin(), head.fields.end(), sends_length))
        headers.emplace("Content-Length", std::to_string(head.content_length));
}

void copy_fields(const http::Head& head, const http::Target& target, httplib::Headers& headers) {
    const bool decoded = head.coding != http::ContentCoding::none && head.body != http::BodyKind::none;
    for (const auto& field : head.fields) {
        if (is_reserved(field.name) || is_framing(field.name)) continue;
        if (decoded && http::same_word(field.name, "Content-Encoding")) continue;
        if (field.name.size() == 4 && !target.host.empty() && http::same_word(field.name, "Host")) continue;
        if (field.name.size() == 6 && http::same_word(field.name, "Expect")) continue; // see add_expect()
        if (field.name.size() == 15 && http::same_word(field.name, "Accept-Encoding"))
            headers.emplace(field.name, http::accepted_codings(field.value));
        else
            headers.emplace(field.name, field.value);
    }
    add_framing(head, decoded, headers);
    if (!target.host.empty()) headers.emplace("Host", target.host); // the absolute form wins, RFC 9112 section 3.2.2
}

} // namespace

void fill(httplib::Request& request, const RequestHead& asked, int socket) {
    const auto& [text, head, target] = asked;
    request.method = head.method_name;
    request.target = head.target;
    request.version = head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
    http::percent_decode(target.path, request.path);
    request.params.clear();
    if (!target.query.empty()) httplib::detail::parse_query_text(std::string{target.query}, request.params);
    copy_fields(head, target, request.headers);
    set_ranges(head, request);
    add_later_members(request, socket);
}

void add_addresses(httplib::Request& request, const Peer& peer) {
    request.remote_addr = peer.remote_address;
    request.remote_port = peer.remote_port;
    request.local_addr = peer.local_address;
    request.local_port = peer.local_port;
    request.headers.emplace("REMOTE_ADDR", peer.remote_address);
    request.headers.emplace("REMOTE_PORT", std::to_string(peer.remote_port));
    request.headers.emplace("LOCAL_ADDR", peer.local_address);
    request.headers.emplace("LOCAL_PORT", std::to_string(peer.local_port));
}

void add_expect(httplib::Request& request, const http::Head& head) {
    if (head.expect == http::Expect::continue_100) request.headers.emplace("Expect", "100-continue");
}

bool has_plain_body(const http::Head& head) noexcept {
    if (head.body == http::BodyKind::none) return true;
    if (!http::may_have_body(head.method)) return false;
    return std::none_of(head.fields.begin(), head.fields.end(), [](const http::Field& field) {
        return http::same_word(field.name, "Content-Type") &&
               (http::same_word(field.value.substr(0, 10), "multipart/") ||
                http::same_word(field.value.substr(0, 33), "application/x-www-form-urlencoded"));
    });
}

} // namespace baton::engine
