// SPDX-License-Identifier: MIT
#include "libbaton/reply/ranges.hpp"

#include "libbaton/http/range.hpp"

namespace baton::engine {
namespace {

std::uint64_t length_of(const httplib::Response& response) noexcept {
    return response.body.empty() ? response.content_length_ : response.body.size();
}

bool may_be_partial(const httplib::Request& request, const httplib::Response& response) noexcept {
    const bool plain_success = response.status == -1 || response.status == 200 || response.status == 206;
    return request.method == "GET" && plain_success && length_of(response) > 0;
}

httplib::Ranges satisfiable(const httplib::Ranges& asked, std::uint64_t length) {
    const auto position = [](ssize_t value) {
        return value < 0 ? std::optional<std::uint64_t>{} : static_cast<std::uint64_t>(value);
    };
    httplib::Ranges kept;
    for (const auto& [first, last] : asked)
        if (const auto span = http::resolve({position(first), position(last)}, length))
            kept.emplace_back(static_cast<ssize_t>(span->offset),
                              static_cast<ssize_t>(span->offset + span->length - 1));
    return kept;
}

/// RFC 9110 section 15.5.17.
void refuse_ranges(httplib::Response& response) {
    response.status = 416;
    response.headers.erase("Content-Range");
    response.headers.emplace("Content-Range", "bytes */" + std::to_string(length_of(response)));
    response.body.clear();
    response.content_provider_ = nullptr;
    response.content_length_ = 0;
}

/// RFC 9110 section 13.1.5: the client wants the part only if it belongs to the representation it already has a part
/// of.
bool condition_holds(const httplib::Request& request, const httplib::Response& response) {
    const auto condition = request.get_header_value("If-Range");
    if (condition.empty()) return true;
    if (condition.front() == '"') return condition == response.get_header_value("ETag");
    return condition == response.get_header_value("Last-Modified"); // a weak tag is not a date and matches nothing
}

} // namespace

void settle_ranges(const httplib::Request& constant_request, httplib::Response& response) {
    if (constant_request.ranges.empty()) return;
    // httplib passes its own, non-const Request to handlers as const; it reads the ranges after them.
    auto& request = const_cast<httplib::Request&>(constant_request);
    if (!may_be_partial(request, response) || !condition_holds(request, response)) return request.ranges.clear();
    request.ranges = satisfiable(request.ranges, length_of(response));
    request.headers.erase("Accept-Encoding"); // httplib would compress the part, and declare it a part of the whole
    if (request.ranges.empty())
        refuse_ranges(response);
    else
        response.status = 206;
}

} // namespace baton::engine
