// SPDX-License-Identifier: MIT
#include "libbaton/http/head.hpp"

#include "libbaton/http/characters.hpp"
#include "libbaton/http/head_fields.hpp"

namespace baton::http {
namespace {

using State = HeadResult::State;

constexpr HeadResult refuse(int status, const char* reason) {
    return {State::refused, 0, status, reason};
}
constexpr HeadResult k_incomplete{State::incomplete};
constexpr HeadResult k_fine{State::complete};

/// One line without its CRLF. incomplete: the line has no end yet.
HeadResult take_line(std::string_view& rest, std::string_view& line) {
    const auto newline = rest.find('\n');
    if (newline == std::string_view::npos) return k_incomplete;
    if (newline == 0 || rest[newline - 1] != '\r') return refuse(400, "a line ends with a bare LF");
    line = rest.substr(0, newline - 1);
    rest.remove_prefix(newline + 1);
    return k_fine;
}

HeadResult parse_version(std::string_view text, Head& head) {
    if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
        return refuse(400, "the request line has no HTTP version");
    if (text[5] != '1') return refuse(505, "only HTTP/1.x is supported");
    head.minor_version = text[7] == '0' ? 0 : 1;
    if (head.minor_version == 0) head.persistence = Persistence::close;
    return k_fine;
}

HeadResult parse_request_line(std::string_view line, const HeadLimits& limits, Head& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || first == 0) return refuse(400, "malformed request line");
    head.method_name = line.substr(0, first);
    head.method = parse_method(head.method_name);
    head.target = line.substr(first + 1, last - first - 1);
    if (!all_of<is_token_char>(head.method_name)) return refuse(400, "the method is not a token");
    if (head.target.size() > limits.max_target_bytes) return refuse(414, "the target is too long");
    if (head.target.empty() || !all_of<is_target_char>(head.target))
        return refuse(400, "the target has a character that must be percent-encoded");
    return parse_version(line.substr(last + 1), head);
}

HeadResult parse_field(std::string_view line, Head& head) {
    if (is_blank(line.front())) return refuse(400, "a folded header line");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return refuse(400, "a header line without a name");
    const Field field{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
    if (!all_of<is_token_char>(field.name)) return refuse(400, "a header name is not a token");
    if (!all_of<is_value_char>(field.value)) return refuse(400, "a header value has a control character");
    head.fields.push_back(field);
    return k_fine;
}

/// The fault of an incomplete head, if its first bytes or its size already show one.
HeadResult judge_unfinished(std::string_view rest, bool in_request_line, std::size_t size, const HeadLimits& limits) {
    if (in_request_line) {
        const auto word = rest.substr(0, rest.find(' '));
        if (!all_of<is_token_char>(word) && word != "\r") return refuse(400, "this is not HTTP");
        if (rest.size() > limits.max_target_bytes + 64) return refuse(414, "the request line is too long");
    }
    return size >= limits.max_bytes ? refuse(431, "the head is too large") : k_incomplete;
}

std::string_view skip_empty_lines(std::string_view bytes) {
    while (bytes.substr(0, 2) == "\r\n")
        bytes.remove_prefix(2);
    return bytes;
}

} // namespace

void Head::clear() noexcept {
    auto kept = std::move(fields);
    kept.clear();
    *this = Head{};
    fields = std::move(kept);
}

HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, Head& head) {
    head.clear();
    std::string_view rest = skip_empty_lines(bytes);
    std::string_view line;
    auto result = take_line(rest, line);
    if (result.state == State::incomplete) return judge_unfinished(rest, true, bytes.size(), limits);
    if (result.state == State::complete) result = parse_request_line(line, limits, head);
    while (result.state == State::complete) {
        result = take_line(rest, line);
        if (result.state == State::incomplete) return judge_unfinished(rest, false, bytes.size(), limits);
        if (result.state == State::refused) return result;
        if (line.empty()) break;
        if (head.fields.size() >= limits.max_fields) return refuse(431, "too many header lines");
        result = parse_field(line, head);
    }
    if (result.state != State::complete) return result;
    const auto bytes_used = bytes.size() - rest.size();
    if (bytes_used > limits.max_bytes) return refuse(431, "the head is too large");
    result = interpret_fields(head);
    result.bytes = bytes_used;
    return result;
}

} // namespace baton::http
