// SPDX-License-Identifier: MIT
// baton status [SITE]
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "deploy/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace baton::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename Optional>
Json or_null(const Optional& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json to_json(const deploy::ReleaseReport& release) {
    const auto& manifest = release.manifest;
    const auto& status = release.status;
    const bool runs = status.around() && status.main_pid != 0;
    return {{"release", manifest.release},
            {"ver", manifest.conf.ver},
            {"state", deploy::state_text(release.state)},
            {"unit", release.unit},
            {"pid", runs ? Json(status.main_pid) : Json(nullptr)},
            {"invocation_id", runs ? Json(status.invocation_id) : Json(nullptr)},
            {"memory_bytes", runs ? or_null(status.memory_bytes) : Json(nullptr)},
            {"created", iso8601(manifest.created)},
            {"live_since", manifest.live_since ? Json(iso8601(*manifest.live_since)) : Json(nullptr)},
            {"program_sha256", manifest.program_sha256},
            {"copy_of", or_null(manifest.copy_of)},
            {"failed_step", manifest.failed_step.empty() ? Json(nullptr) : Json(manifest.failed_step)},
            {"reason", manifest.reason.empty() ? Json(nullptr) : Json(manifest.reason)}};
}

Json to_json(const deploy::SiteReport& site) {
    Json releases = Json::array();
    for (const auto& release : site.releases)
        releases.push_back(to_json(release));
    return {{"site", site.site},
            {"directory", site.record.directory.native()},
            {"watch_conf", site.record.conf_name},
            {"address", site.address},
            {"handle", site.handle_state},
            {"listener", {{"unit", site.listener}, {"state", site.listener_state}}},
            {"watch", site.watch_state},
            {"live", or_null(site.live)},
            {"releases", std::move(releases)},
            {"warnings", site.warnings}};
}

std::string detail(const deploy::ReleaseReport& release) {
    if (!release.manifest.reason.empty())
        return printable(release.manifest.reason.substr(0, release.manifest.reason.find('\n')));
    if (release.manifest.copy_of) return fmt::format("content of release {}", *release.manifest.copy_of);
    return release.status.around() ? printable(release.status.status_text) : "";
}

void print(const deploy::SiteReport& site) {
    fmt::print("{}  {}  listening on {}  {}\n", site.site, printable(site.record.directory.native()), site.address,
               site.watch_state == "active" ? "watching " + site.record.conf_name : "not watching");
    Table table{{"RELEASE", "VER", "STATE", "PID", "MEMORY", "SINCE", "PROGRAM", "DETAIL"}};
    for (const auto& release : site.releases) {
        const auto& [manifest, state, unit, status] = release;
        const bool runs = status.around() && status.main_pid != 0;
        table.add({fmt::format("{}", manifest.release), printable(manifest.conf.ver),
                   std::string{deploy::state_text(state)}, runs ? fmt::format("{}", status.main_pid) : "-",
                   runs && status.memory_bytes ? size_text(*status.memory_bytes) : "-",
                   iso8601(manifest.live_since.value_or(manifest.created)), manifest.program_sha256.substr(0, 12),
                   detail(release)});
    }
    fmt::print("{}", table.text());
    for (const auto& warning : site.warnings)
        fmt::print("warning: {}\n", warning);
}

int status(Environment& environment, const std::string& only, bool json) {
    const auto names = only.empty() ? site::Store::sites(environment.paths().state) : std::vector<std::string>{only};
    Json sites = Json::array();
    for (const auto& name : names) {
        auto context = environment.site(name);
        const auto report = deploy::report(context);
        if (json)
            sites.push_back(to_json(report));
        else
            print(report);
    }
    if (json)
        fmt::print("{}\n", Json{{"version", 1}, {"sites", sites}}.dump(2, ' ', false, Json::error_handler_t::replace));
    else if (names.empty())
        fmt::print("no site is registered; baton add SITE DIR registers one\n");
    return 0;
}

} // namespace

void add_status(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("status", "Show what serves, what drains, and what was rejected and why");
    const auto site = std::make_shared<std::string>();
    const auto json = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site; without it, all");
    command->add_flag("--json", *json, "For programs: one object, every field always there");
    command->callback(
        [=, &action] { action = [=](Environment& environment) { return status(environment, *site, *json); }; });
}

} // namespace baton::cli
