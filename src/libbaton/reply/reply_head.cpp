// SPDX-License-Identifier: MIT
#include "libbaton/reply/reply_head.hpp"

#include "libbaton/http/characters.hpp"
#include "libbaton/http/reply_text.hpp"

#include <array>
#include <charconv>

namespace baton::engine {
namespace {

/// Fields that libbaton writes itself, not as the handler gave them.
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

/// A NUL has no place in a head, RFC 9110 section 5.5. httplib cuts the text there.
std::string_view as_c_string(std::string_view text) noexcept {
    return text.substr(0, text.find('\0'));
}

void append_field(Output& output, std::string_view name, std::string_view value) {
    output.append(as_c_string(name));
    output.append(": ");
    output.append(as_c_string(value));
    output.append("\r\n");
}

} // namespace

void append_status_line(Output& output, int status) {
    if (status == 200) return output.append("HTTP/1.1 200 OK\r\n");
    output.append("HTTP/1.1 ");
    append_number(output, static_cast<std::size_t>(status));
    output.append(" ");
    output.append(http::reason_phrase(status));
    output.append("\r\n");
}

void append_head(Output& output, const httplib::Response& response, LengthField length, std::string_view connection) {
    append_status_line(output, response.status);
    bool dated = false;
    for (const auto& [name, value] : response.headers) {
        const bool is_kept = length == LengthField::as_it_is && name.size() > 10; // see is_ours()
        if (is_ours(name) && !is_kept) continue;
        dated |= name.size() == 4 && http::same_word(name, "Date");
        append_field(output, name, value);
    }
    if (length == LengthField::ours && !http::has_no_body(response.status)) {
        output.append("Content-Length: ");
        append_number(output, response.body.size());
        output.append("\r\n");
    }
    if (!connection.empty()) append_field(output, "Connection", connection);
    if (!dated) append_field(output, "Date", http::date_now());
    output.append("\r\n");
}

} // namespace baton::engine
