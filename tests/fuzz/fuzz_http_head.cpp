// SPDX-License-Identifier: MIT
// libFuzzer: the request head. An accepted head has only one possible framing, and is the same however it arrives.
#include "libbaton/http/characters.hpp"
#include "libbaton/http/head.hpp"
#include "libbaton/http/range.hpp"
#include "libbaton/http/target.hpp"

#include "property.hpp"

#include <string>

using namespace baton::http;
using baton::fuzz::require;

namespace {

constexpr HeadLimits k_limits{4096, 1024, 50};

void check_accepted(const Head& head, std::string_view bytes, const HeadResult& result) {
    require(result.bytes <= bytes.size() && bytes.substr(0, result.bytes).ends_with("\r\n\r\n"));
    int lengths = 0;
    int codings = 0;
    for (const auto& field : head.fields) {
        require(!field.name.empty() && all_of<is_token_char>(field.name) && all_of<is_value_char>(field.value));
        lengths += same_word(field.name, "Content-Length") ? 1 : 0;
        codings += same_word(field.name, "Transfer-Encoding") ? 1 : 0;
    }
    require(lengths + codings <= 1);
    require((head.body == BodyKind::chunked) == (codings == 1));
    require(head.body != BodyKind::length || lengths == 1);
}

void use(const Head& head) {
    if (const auto target = split_target(head.method, head.target)) {
        std::string path;
        percent_decode(target->path, path);
        require(path.size() <= target->path.size());
    }
    for (const auto& range : parse_range(head.range))
        if (const auto span = resolve(range, 1000)) require(span->length > 0 && span->offset + span->length <= 1000);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const auto bytes = baton::fuzz::text(data, size);
    Head head;
    const auto whole = parse_head(bytes, k_limits, head);
    if (whole.state == HeadResult::State::complete) {
        check_accepted(head, bytes, whole);
        use(head);
        Head shorter;
        require(parse_head(bytes.substr(0, whole.bytes - 1), k_limits, shorter).state == HeadResult::State::incomplete);
    }
    return 0;
}
