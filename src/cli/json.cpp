// SPDX-License-Identifier: MIT
#include "cli/json.hpp"

#include "base/text.hpp"
#include "deploy/decide/standing.hpp"

#include <fmt/format.h>

namespace baton::cli {

Json evidence_json(const site::Manifest& manifest) {
    if (manifest.evidence.empty()) return nullptr;
    Json lines = Json::array();
    for (std::string_view rest = manifest.evidence; !rest.empty();) {
        const auto end = rest.find('\n');
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    return lines;
}

Json manifest_json(const site::Manifest& manifest) {
    auto json = Json::parse(site::to_json(manifest));
    json.erase("version"); // the version of the file
    json["evidence"] = evidence_json(manifest);
    return json;
}

std::string json_text(const Json& object) {
    Json whole{{"version", k_json_version}};
    whole.update(object);
    constexpr bool k_ascii = true; // JSON need not escape DEL and U+009B, but a terminal may obey them
    return whole.dump(2, ' ', k_ascii, Json::error_handler_t::replace) + "\n";
}

void print_json(const Json& object) {
    fmt::print("{}", json_text(object));
}

void print_deployed(const deploy::SiteContext& context, const deploy::Deployed& deployed) {
    const auto record = context.store.manifest(deployed.release);
    const auto end = deploy::probation_end(record, std::chrono::system_clock::now());
    print_json({{"outcome", deployed.changed ? "live" : "unchanged"},
                {"site", context.name()},
                {"pid", deployed.main_pid == 0 ? Json(nullptr) : Json(deployed.main_pid)},
                {"proven", !end},
                {"probation_until", end ? Json(iso8601(*end)) : Json(nullptr)},
                {"release", manifest_json(record)}});
}

void print_error(const Error& error) {
    print_json({{"outcome", error.kind().name},
                {"exit_status", error.kind().exit_status},
                {"error", error.what()},
                {"hint", error.hint().empty() ? Json(nullptr) : Json(error.hint())}});
}

} // namespace baton::cli
