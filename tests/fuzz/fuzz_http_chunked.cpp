// SPDX-License-Identifier: MIT
// libFuzzer: the chunked decoder. Cut into pieces of any size, a body decodes to the same bytes and ends at the same
// place.
#include "libbaton/http/chunked.hpp"

#include "property.hpp"

#include <algorithm>
#include <string>

using baton::http::ChunkedDecoder;

namespace {

struct Outcome {
    std::string body;
    std::size_t consumed = 0;
    bool done = false;
    bool malformed = false;
    bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t piece) {
    ChunkedDecoder decoder;
    Outcome outcome;
    while (outcome.consumed < bytes.size() && !decoder.done() && !decoder.malformed()) {
        const auto step = decoder.step(bytes.substr(outcome.consumed, piece));
        baton::fuzz::require(step.consumed > 0);
        outcome.consumed += step.consumed;
        outcome.body += step.data;
    }
    outcome.done = decoder.done();
    outcome.malformed = decoder.malformed();
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = baton::fuzz::text(data, size).substr(1);
    const auto whole = decode(bytes, std::string_view::npos);
    baton::fuzz::require(decode(bytes, 1) == whole);
    baton::fuzz::require(decode(bytes, std::max<std::size_t>(data[0], 1)) == whole);
    return 0;
}
