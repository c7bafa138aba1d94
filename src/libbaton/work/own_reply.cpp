// SPDX-License-Identifier: MIT
#include "libbaton/work/own_reply.hpp"

#include "libbaton/http/reply_text.hpp"

namespace baton::engine {

bool is_own(const Core& core, Audience audience, const RequestHead& asked) noexcept {
    const auto& path = asked.target.path;
    if (audience == Audience::host && path.substr(0, 8) == "/.baton/") return true;
    const auto& metrics = core.options.metrics_path;
    return http::only_reads(asked.head.method) && !metrics.empty() && path == metrics;
}

OwnReply make_own_reply(const Core& core, const RequestHead& asked, bool closes) {
    const auto& path = asked.target.path;
    http::OwnReply reply{.status = 404, .body = "not found\n"};
    std::string text;
    if (path == "/.baton/state") {
        text = core.describe();
        reply = {.status = 200, .content_type = "application/json", .body = text};
    } else if (path == "/.baton/accept" && asked.head.method == http::Method::post) {
        core.accept();
        reply = {.status = 204};
    } else if (path == "/.baton/metrics" || path == core.options.metrics_path) {
        text = core.metrics();
        reply = {.status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = text};
    }
    reply.close = closes;
    reply.head_only = asked.head.method == http::Method::head;
    return {reply.status, http::format(reply)};
}

} // namespace baton::engine
