// SPDX-License-Identifier: MIT
// The reply parser's states: it reads heads and chunk sizes line by line, and bodies in bulk.
#include "load/reply_parser.hpp"

#include "base/number.hpp"
#include "load/ascii.hpp"

#include <algorithm>

namespace baton::load {

void ReplyParser::reset() noexcept {
    state_ = State::status_line;
    begun_ = closes_ = chunked_ = sized_ = false;
    keeps_alive_ = true;
    status_ = 0;
    lines_ = 0;
    left_ = body_bytes_ = 0;
    line_.clear();
    body_.clear();
}

std::size_t ReplyParser::feed(std::string_view data) {
    std::size_t taken = 0;
    while (taken < data.size() && !complete() && !bad()) {
        begun_ = true;
        const auto rest = data.substr(taken);
        const bool in_body = state_ == State::sized_body || state_ == State::open_body || state_ == State::chunk_data;
        taken += in_body ? feed_body(rest) : feed_line(rest);
    }
    return taken;
}

bool ReplyParser::finish_at_eof() noexcept {
    if (state_ == State::open_body) state_ = State::complete;
    return complete();
}

std::size_t ReplyParser::feed_line(std::string_view data) {
    const auto end = data.find('\n');
    const auto part = data.substr(0, end);
    if (line_.size() + part.size() > k_line_bytes) {
        state_ = State::bad;
        return part.size();
    }
    if (end == std::string_view::npos) {
        line_ += part;
        return part.size();
    }
    std::string_view line = part;
    if (!line_.empty()) line = line_ += part;
    if (line.ends_with('\r')) line.remove_suffix(1);
    state_ = on_line(line);
    line_.clear();
    return part.size() + 1;
}

std::size_t ReplyParser::feed_body(std::string_view data) {
    const auto wanted = state_ == State::open_body ? data.size() : std::min<std::uint64_t>(left_, data.size());
    const auto taken = data.substr(0, static_cast<std::size_t>(wanted));
    body_ += taken.substr(0, k_kept_body_bytes - std::min(body_.size(), k_kept_body_bytes));
    body_bytes_ += taken.size();
    if (state_ == State::open_body) return taken.size();
    left_ -= taken.size();
    if (left_ == 0) state_ = state_ == State::chunk_data ? State::chunk_end : State::complete;
    return taken.size();
}

ReplyParser::State ReplyParser::on_line(std::string_view line) {
    switch (state_) {
    case State::status_line:
        return on_status_line(line);
    case State::header:
        if (++lines_ > k_header_lines) return State::bad;
        return line.empty() ? after_head() : on_header(line);
    case State::chunk_size:
        return on_chunk_size(line);
    case State::chunk_end:
        return line.empty() ? State::chunk_size : State::bad;
    case State::trailer:
        if (++lines_ > k_header_lines) return State::bad;
        return line.empty() ? State::complete : State::trailer;
    default:
        return State::bad;
    }
}

/// "HTTP/1.1 200 OK"; RFC 9112 4.
ReplyParser::State ReplyParser::on_status_line(std::string_view line) {
    constexpr std::size_t k_shortest = 12; // "HTTP/1.1 200"
    if (line.size() < k_shortest || !line.starts_with("HTTP/1.") || line[8] != ' ') return State::bad;
    if (line[7] != '0' && line[7] != '1') return State::bad;
    const auto status = parse_number(line.substr(9, 3), 100);
    if (!status) return State::bad;
    status_ = *status;
    if (line.size() > k_shortest && line[k_shortest] != ' ') return State::bad;
    keeps_alive_ = line[7] == '1'; // RFC 9112 9.3: the default of 1.1, not of 1.0
    return State::header;
}

ReplyParser::State ReplyParser::on_header(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return State::bad;
    const auto key = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_ignoring_case(key, "content-length")) return on_content_length(value);
    if (same_ignoring_case(key, "connection")) on_connection(value);
    if (same_ignoring_case(key, "transfer-encoding")) {
        if (!same_ignoring_case(value, "chunked")) return State::bad; // we requested no other coding
        chunked_ = true;
    }
    return State::header;
}

ReplyParser::State ReplyParser::on_content_length(std::string_view value) {
    const auto length = parse_number<std::uint64_t>(value);
    if (!length || (sized_ && *length != left_)) return State::bad; // RFC 9112 6.3 rule 5: two lengths that differ
    sized_ = true;
    left_ = *length;
    return State::header;
}

void ReplyParser::on_connection(std::string_view value) {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const auto option = trimmed(value.substr(0, comma));
        if (same_ignoring_case(option, "close")) closes_ = true;
        if (same_ignoring_case(option, "keep-alive")) keeps_alive_ = true;
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    }
}

/// How the body ends; RFC 9112 6.3.
ReplyParser::State ReplyParser::after_head() {
    if (status_ < 200) {                       // an interim reply; the real one follows (RFC 9110 15.2)
        if (status_ == 101) return State::bad; // we did not request an upgrade
        const bool begun = begun_;
        reset();
        begun_ = begun;
        return State::status_line;
    }
    if (status_ == 204 || status_ == 304) return State::complete;
    if (chunked_) return sized_ ? State::bad : State::chunk_size; // both: RFC 9112 6.3 rule 3
    if (sized_) return left_ == 0 ? State::complete : State::sized_body;
    keeps_alive_ = false;
    return State::open_body;
}

ReplyParser::State ReplyParser::on_chunk_size(std::string_view line) {
    const auto digits = trimmed(line.substr(0, line.find(';'))); // a chunk extension is ignored, RFC 9112 7.1.1
    const auto size = parse_number<std::uint64_t>(digits, 0, std::numeric_limits<std::uint64_t>::max(), 16);
    if (!size) return State::bad;
    left_ = *size;
    return left_ == 0 ? State::trailer : State::chunk_data;
}

} // namespace baton::load
