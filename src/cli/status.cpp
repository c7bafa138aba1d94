// SPDX-License-Identifier: MIT
// baton status [SITE]
#include "base/exec_status.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "deploy/tell/report.hpp"
#include "deploy/tell/typed.hpp"

#include <fmt/format.h>

namespace baton::cli {
namespace {

Json to_json(const std::optional<deploy::PrivateState>& told) {
    if (!told) return nullptr;
    return {{"state", told->state},
            {"in_flight", told->in_flight},
            {"connections", told->connections},
            {"requests", told->requests}};
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
            {"traffic", to_json(release.told)},
            {"created", iso8601(manifest.created)},
            {"live_since", manifest.live_since ? Json(iso8601(*manifest.live_since)) : Json(nullptr)},
            {"program_sha256", manifest.program_sha256},
            {"copy_of", or_null(manifest.copy_of)},
            {"proof", manifest.proof == site::Proof::unknown ? Json(nullptr) : Json(site::proof_text(manifest.proof))},
            {"failed_step", manifest.failed_step.empty() ? Json(nullptr) : Json(manifest.failed_step)},
            {"reason", manifest.reason.empty() ? Json(nullptr) : Json(manifest.reason)},
            {"evidence", evidence_json(manifest)}};
}

Json to_json(const deploy::SiteReport& site) {
    Json releases = Json::array();
    for (const auto& release : site.releases)
        releases.push_back(to_json(release));
    Json listeners = Json::array();
    for (const auto& listener : site.listeners)
        listeners.push_back({{"name", listener.name},
                             {"address", listener.address},
                             {"unit", listener.unit},
                             {"state", sd::text(listener.state)},
                             {"socket", listener.socket}});
    const auto& first = site.listeners.front();
    return {{"site", site.site},
            {"directory", site.record.directory.native()},
            {"watch_conf", site.record.conf_name},
            {"address", first.address},
            {"handle", sd::text(site.handle_state)},
            {"listener", {{"unit", first.unit}, {"state", sd::text(first.state)}}},
            {"listeners", std::move(listeners)},
            {"watch", sd::text(site.watch_state)},
            {"live", or_null(site.live)},
            {"releases", std::move(releases)},
            {"warnings", site.warnings}};
}

std::string detail(const deploy::ReleaseReport& release) {
    if (!release.manifest.reason.empty()) return printable(release.manifest.reason);
    if (release.manifest.copy_of) return fmt::format("content of release {}", *release.manifest.copy_of);
    const auto& told = release.told;
    if (release.state == deploy::ReleaseState::draining && told)
        return fmt::format("{} requests in flight, {} connections", told->in_flight, told->connections);
    const bool serves =
        release.state == deploy::ReleaseState::live || release.state == deploy::ReleaseState::on_probation;
    if (serves && release.manifest.proof == site::Proof::none) return "not proven before it took over";
    const auto& said = release.status.status_text;
    return release.status.around() && said != k_started_status ? printable(said) : "";
}

/// "8080, admin 127.0.0.1:9090 (on the socket of 9090, until the next stop and start)"
std::string text_of(const std::vector<deploy::ListenerReport>& listeners) {
    std::string text;
    for (const auto& [name, address, unit, state, socket] : listeners) {
        if (!text.empty()) text += ", ";
        if (name != k_http_socket_name) text += name + ' ';
        text += address;
        if (socket != address) text += fmt::format(" (on the socket of {}, until the next stop and start)", socket);
    }
    return text;
}

void print(const deploy::SiteReport& site) {
    fmt::print("{}  {}  listening on {}  {}\n", site.site, printable(site.record.directory.native()),
               text_of(site.listeners),
               site.watch_state == sd::ActiveState::active ? "watching " + site.record.conf_name : "not watching");
    Table table{{"RELEASE", "VER", "STATE", "PID", "MEMORY", "SINCE", "PROGRAM", "DETAIL"}};
    for (const auto& release : site.releases) {
        const auto& [manifest, state, unit, status, told] = release;
        const bool runs = status.around() && status.main_pid != 0;
        table.add({fmt::format("{}", manifest.release), printable(manifest.conf.ver),
                   std::string{deploy::state_text(state)}, runs ? fmt::format("{}", status.main_pid) : "-",
                   runs && status.memory_bytes ? size_text(*status.memory_bytes) : "-",
                   iso8601(manifest.live_since.value_or(manifest.created)), manifest.program_sha256.substr(0, 12),
                   detail(release)});
    }
    fmt::print("{}", table.text());
    for (const auto& warning : site.warnings)
        fmt::print("warning: {}\n", printable(warning));
}

/// Asks systemd once for all sites.
sd::UnitList loaded_units(Environment& environment, const std::string& only) {
    std::vector<std::string> patterns{"*"};
    if (!only.empty()) patterns = {only + ".*", only + "@*"};
    return sd::UnitList{environment.host().manager.list(patterns)};
}

int status(Environment& environment, const std::string& only) {
    const auto names = only.empty() ? site::Store::sites(environment.paths().state) : std::vector<std::string>{only};
    Json sites = Json::array();
    int worst = 0;
    const auto units = names.empty() ? sd::UnitList{{}} : loaded_units(environment, only);
    for (const auto& name : names)
        try {
            auto context = environment.site(name);
            const auto report = deploy::report(context, units);
            if (environment.json())
                sites.push_back(to_json(report));
            else
                print(report);
        } catch (const Error& error) { // an unreadable site does not hide the others
            if (!only.empty()) throw;
            worst = report_error(deploy::typed_for(environment.paths().scope, error));
        }
    if (environment.json())
        print_json({{"sites", sites}});
    else if (names.empty())
        fmt::print("no site is registered; {} SITE DIR registers one\n",
                   deploy::typed_for(environment.paths().scope, "baton add"));
    return worst;
}

} // namespace

void add_status(CommandLine& line) {
    auto* command = line.add_command("status", "Show which releases serve, drain, or were rejected, and why",
                                     "The same for each site and each release");
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A registered site; default: all");
    command->callback(
        [=, &line] { line.action = [=](Environment& environment) { return status(environment, *site); }; });
}

} // namespace baton::cli
