// SPDX-License-Identifier: MIT
#include "libbaton/http/head_fields.hpp"

#include "libbaton/http/characters.hpp"
#include "libbaton/http/target.hpp"

#include <charconv>

namespace baton::http {
namespace {

using State = HeadResult::State;

constexpr HeadResult refuse(int status, const char* reason) {
    return {State::refused, 0, status, reason};
}
constexpr HeadResult k_fine{State::complete};

struct Seen {
    int host = 0;
    int length = 0;
    int transfer_encoding = 0;
    int range = 0;
    int codings = 0;
    bool close = false;
    bool keep_alive = false;
};

HeadResult read_length(std::string_view value, Head& head) {
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), head.content_length);
    const bool digits = !value.empty() && all_of<is_digit>(value);
    if (digits && error == std::errc::result_out_of_range) return refuse(413, "the body is too large");
    if (!digits || error != std::errc{} || stop != value.data() + value.size())
        return refuse(400, "Content-Length is not a number");
    head.body = BodyKind::length;
    return k_fine;
}

/// Only chunked is understood. If it is not last, the body's end is unknown: 400. Another coding before it: 501, RFC
/// 9112 6.1.
HeadResult read_transfer_encoding(std::string_view value, Head& head) {
    int codings = 0;
    bool chunked_is_last = false;
    for_each_element(value, [&](std::string_view coding) {
        ++codings;
        chunked_is_last = same_word(coding, "chunked");
    });
    if (!chunked_is_last) return refuse(400, "chunked is not the last transfer coding");
    if (codings > 1) return refuse(501, "a transfer coding other than chunked");
    head.body = BodyKind::chunked;
    return k_fine;
}

void read_connection(std::string_view value, Seen& seen) {
    for_each_element(value, [&](std::string_view option) {
        seen.close |= same_word(option, "close");
        seen.keep_alive |= same_word(option, "keep-alive");
    });
}

HeadResult read_expect(std::string_view value, Head& head) {
    if (!same_word(value, "100-continue")) return refuse(417, "an expectation other than 100-continue");
    if (head.minor_version >= 1) head.expect = Expect::continue_100; // ignored from a 1.0 client: RFC 9110 10.1.1
    return k_fine;
}

/// cpp-httplib looks for these anywhere in the value, and then decodes without a limit.
bool httplib_would_decode(std::string_view coding) noexcept {
    if (coding.find("br") != std::string_view::npos) return true;
#ifdef CPPHTTPLIB_ZSTD_SUPPORT
    if (coding.find("zstd") != std::string_view::npos) return true;
#endif
    return false;
}

/// Accepts one coding, or one that is left to the handler: content coded twice would have to be decoded twice.
HeadResult read_content_encoding(std::string_view value, Seen& seen, Head& head) {
    bool unknown = false;
    for_each_element(value, [&](std::string_view coding) {
        if (same_word(coding, "identity")) return;
        ++seen.codings;
        if (same_word(coding, "gzip") || same_word(coding, "x-gzip") || same_word(coding, "deflate"))
            head.coding = ContentCoding::zlib;
        else if (same_word(coding, "br"))
            head.coding = ContentCoding::brotli;
        else
            unknown = unknown || httplib_would_decode(coding);
    });
    if (unknown) return refuse(415, "an unknown content coding");
    const bool several = head.coding != ContentCoding::none && seen.codings > 1;
    return several ? refuse(415, "more than one content coding") : k_fine;
}

HeadResult interpret(const Field& field, Seen& seen, Head& head) {
    switch (field.name.size()) {
    case 4:
        if (!same_word(field.name, "host")) break;
        ++seen.host;
        head.host = field.value;
        return field.value.empty() || is_host(field.value) ? k_fine : refuse(400, "Host is malformed");
    case 5:
        if (!same_word(field.name, "range")) break;
        head.range = ++seen.range == 1 ? field.value : std::string_view{};
        break;
    case 6:
        if (same_word(field.name, "expect")) return read_expect(field.value, head);
        break;
    case 10:
        if (same_word(field.name, "connection")) read_connection(field.value, seen);
        break;
    case 14:
        if (!same_word(field.name, "content-length")) break;
        if (++seen.length > 1) return refuse(400, "Content-Length twice");
        return read_length(field.value, head);
    case 16:
        if (same_word(field.name, "content-encoding")) return read_content_encoding(field.value, seen, head);
        break;
    case 17:
        if (!same_word(field.name, "transfer-encoding")) break;
        if (++seen.transfer_encoding > 1) return refuse(400, "Transfer-Encoding twice");
        return read_transfer_encoding(field.value, head);
    default:
        break;
    }
    return k_fine;
}

} // namespace

HeadResult interpret_fields(Head& head) {
    Seen seen;
    for (const auto& field : head.fields) {
        const auto result = interpret(field, seen, head);
        if (result.state == State::refused) return result;
    }
    if (seen.host > 1) return refuse(400, "Host twice");
    if (seen.host == 0 && head.minor_version >= 1) return refuse(400, "no Host");
    if (seen.length > 0 && seen.transfer_encoding > 0) return refuse(400, "Content-Length with Transfer-Encoding");
    if (seen.transfer_encoding > 0 && head.minor_version == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (head.body == BodyKind::length && head.content_length == 0) head.body = BodyKind::none;
    if (seen.close)
        head.persistence = Persistence::close;
    else if (seen.keep_alive)
        head.persistence = Persistence::keep_alive;
    return k_fine;
}

} // namespace baton::http
