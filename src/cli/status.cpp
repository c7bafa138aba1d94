// SPDX-License-Identifier: MIT
// baton status [SITE] [--watch | --metrics]
#include "base/exec_status.hpp"
#include "base/text.hpp"
#include "cli/colour.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/metrics.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/watch_screen.hpp"
#include "deploy/tell/report.hpp"
#include "deploy/tell/typed.hpp"
#include "deploy/units/unit_names.hpp"
#include "doctor/examine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <utility>

namespace baton::cli {
namespace {

Json to_json(const std::optional<deploy::PrivateState>& told) {
    if (!told) return nullptr;
    return {{"state", deploy::text(told->state)},
            {"in_flight", told->in_flight},
            {"connections", told->connections},
            {"requests", told->requests}};
}

Json to_json(const std::optional<deploy::StartReport>& start) {
    if (!start) return nullptr;
    return {{"since", iso8601(start->since)}, {"until", start->until ? Json(iso8601(*start->until)) : Json(nullptr)}};
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
            {"start", to_json(release.start)},
            {"live_since", manifest.live_since ? Json(iso8601(*manifest.live_since)) : Json(nullptr)},
            {"program_sha256", manifest.program_sha256},
            {"copy_of", or_null(manifest.copy_of)},
            {"proof", manifest.proof == site::Proof::unknown ? Json(nullptr) : Json(site::proof_text(manifest.proof))},
            {"failed_step", manifest.failed_step.empty() ? Json(nullptr) : Json(manifest.failed_step)},
            {"reason", manifest.reason.empty() ? Json(nullptr) : Json(manifest.reason)},
            {"evidence", evidence_json(manifest)}};
}

Json to_json(const deploy::SiteReport& site, const std::vector<std::string>& warnings) {
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
            {"warnings", warnings}};
}

/// The live release left by itself, or was told to, and systemd listens.
bool is_at_rest(const deploy::SiteReport& site, const deploy::ReleaseReport& release) {
    return site.live == release.manifest.release && release.state == deploy::ReleaseState::stopped &&
           site.handle_state == sd::ActiveState::active && site.listeners.front().state == sd::ActiveState::active;
}

std::string detail(const deploy::SiteReport& site, const deploy::ReleaseReport& release) {
    if (is_at_rest(site, release)) return "the next connection starts it";
    if (!release.manifest.reason.empty()) return printable(release.manifest.reason);
    if (const auto& start = release.start)
        return start->until ? fmt::format("waits for READY=1, until {} at most", iso8601(*start->until))
                            : "waits for READY=1";
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

/// "admin 127.0.0.1:9090 (on the socket of 9090, until the next stop and start)"; after HttpPort has changed, with the
/// unit that listens: "8081 (shop@8081.socket)"
std::string text_of(const std::string& site, const deploy::ListenerReport& listener) {
    const auto& [name, address, unit, state, socket] = listener;
    auto text = name == k_http_socket_name ? address : fmt::format("{} {}", name, address);
    if (unit != deploy::first_listener_unit(site)) text += fmt::format(" ({})", printable(unit));
    if (socket != address) text += fmt::format(" (on the socket of {}, until the next stop and start)", socket);
    return text;
}

/// "listening on 8080, admin 9090"; "listening on 8080, not listening on admin 9090"
std::string listening_text(const deploy::SiteReport& site) {
    std::vector<std::string> up;
    std::vector<std::string> down;
    for (const auto& listener : site.listeners)
        (listener.state == sd::ActiveState::active ? up : down).push_back(text_of(site.site, listener));
    std::vector<std::string> parts;
    if (!up.empty()) parts.push_back(fmt::format("listening on {}", fmt::join(up, ", ")));
    if (!down.empty()) parts.push_back(fmt::format("not listening on {}", fmt::join(down, ", ")));
    return fmt::format("{}", fmt::join(parts, ", "));
}

Colour colour_of(deploy::ReleaseState state) {
    using State = deploy::ReleaseState;
    switch (state) {
    case State::live:
        return Colour::good;
    case State::starting:
    case State::on_probation:
    case State::draining:
    case State::left_over:
        return Colour::doubtful;
    case State::failed:
    case State::rejected:
    case State::rolled_back:
        return Colour::bad;
    case State::stopped:
        break;
    }
    return Colour::none;
}

std::vector<std::string> lines(const doctor::Examination& glance) {
    std::vector<std::string> lines;
    for (const auto& told : glance.found)
        lines.push_back(told.finding.line());
    return lines;
}

std::string text_of(const std::vector<std::string>& warnings, bool is_vivid) {
    std::string text;
    for (const auto& warning : warnings)
        text +=
            fmt::format("{} {}\n", painted(is_vivid ? Colour::doubtful : Colour::none, "warning:"), printable(warning));
    return text;
}

std::string text_of(const deploy::SiteReport& site, const std::vector<std::string>& warnings, bool is_vivid) {
    auto text =
        fmt::format("{}  {}  {}  {}\n", site.site, printable(site.record.directory.native()), listening_text(site),
                    site.watch_state == sd::ActiveState::active ? "watching " + site.record.conf_name : "not watching");
    constexpr std::size_t k_state_column = 2;
    Table table{{"RELEASE", "VER", "STATE", "PID", "MEMORY", "SINCE", "PROGRAM", "DETAIL"}};
    for (const auto& release : site.releases) {
        const auto& [manifest, state, unit, status, start, told] = release;
        const bool runs = status.around() && status.main_pid != 0;
        table.add({fmt::format("{}", manifest.release), printable(manifest.conf.ver),
                   std::string{deploy::state_text(state)}, runs ? fmt::format("{}", status.main_pid) : "-",
                   runs && status.memory_bytes ? size_text(*status.memory_bytes) : "-",
                   iso8601(manifest.live_since.value_or(manifest.created)), manifest.program_sha256.substr(0, 12),
                   detail(site, release)},
                  k_state_column, is_vivid ? colour_of(state) : Colour::none);
    }
    return text + table.text() + text_of(warnings, is_vivid);
}

/// Asks systemd once for all sites.
sd::UnitList loaded_units(Environment& environment, const std::string& only) {
    std::vector<std::string> patterns{"*"};
    if (!only.empty()) patterns = {only + ".*", only + "@*"};
    return sd::UnitList{environment.host().manager.list(patterns)};
}

/// What is true now, as a person or a program reads it.
struct Look {
    std::string text = {}; ///< for people
    Json sites = Json::array();
    std::vector<std::string> warnings = {}; ///< of the host
    std::vector<Error> errors = {};         ///< an unreadable site does not hide the others
};

Look look(Environment& environment, const std::string& only) {
    const auto names = environment.sites(only);
    const auto units = names.empty() ? sd::UnitList{{}} : loaded_units(environment, only);
    const bool is_vivid = cli::is_vivid(STDOUT_FILENO);
    auto host = environment.subject();
    Look look;
    for (const auto& name : names)
        try {
            auto context = environment.site(name);
            const auto report = deploy::report(context, units);
            doctor::SiteSubject subject{host, context, report};
            const auto warnings = lines(doctor::glance(subject));
            look.sites.push_back(to_json(report, warnings));
            look.text += text_of(report, warnings, is_vivid);
        } catch (const Error& error) {
            if (!only.empty()) throw;
            look.errors.push_back(deploy::typed_for(environment.paths().scope, error));
        }
    if (!names.empty()) look.warnings = lines(doctor::glance(host));
    look.text += text_of(look.warnings, is_vivid);
    if (names.empty())
        look.text = fmt::format("no site is registered; {} SITE DIR registers one\n",
                                deploy::typed_for(environment.paths().scope, "baton add"));
    return look;
}

int status(Environment& environment, const std::string& only) {
    const auto seen = look(environment, only);
    int worst = 0;
    for (const auto& error : seen.errors)
        worst = report_error(error);
    if (environment.json())
        print_json({{"sites", seen.sites}, {"warnings", seen.warnings}});
    else
        fmt::print("{}", seen.text);
    return worst;
}

/// Without what changes all the time in a site that does nothing.
Json lasting(Json sites) {
    for (auto& site : sites)
        for (auto& release : site["releases"]) {
            release.erase("memory_bytes");
            release.erase("traffic");
        }
    return sites;
}

int watch(Environment& environment, const std::string& only) {
    if (!only.empty()) (void)environment.site(only); // for the error if the site does not exist
    Json before;
    return watch_screen(environment.host().manager, [&](bool redraws) -> std::optional<std::string> {
        auto seen = look(environment, only);
        const auto now = lasting(seen.sites);
        if (!redraws && now == std::exchange(before, now)) return std::nullopt;
        if (environment.json()) return json_text({{"sites", seen.sites}, {"warnings", seen.warnings}});
        for (const auto& error : seen.errors)
            seen.text += fmt::format("baton: error: {}\n", error.what());
        return seen.text;
    });
}

int metrics_of(Environment& environment, const std::string& only) {
    if (environment.json())
        throw Error{"printing metrics as JSON: there is no such form", error_kind::usage, "baton status --metrics"};
    return print_metrics(environment, environment.sites(only));
}

} // namespace

void add_status(CommandLine& line) {
    auto* command = line.add_command("status", "Show which releases serve, drain, or were rejected, and why",
                                     "The same for each site and each release");
    const auto site = std::make_shared<std::string>();
    const auto watches = std::make_shared<bool>(false);
    command->add_option("SITE", *site, "A registered site; default: all");
    command->add_flag("-w,--watch", *watches, "Show it again whenever it changes, until Ctrl-C");
    const auto metrics = std::make_shared<bool>(false);
    command->add_flag("--metrics", *metrics, "Print Prometheus metrics, for a node_exporter textfile");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            if (*metrics && *watches)
                throw Error{"watching metrics: --watch shows the table", error_kind::usage, "baton status --metrics"};
            if (*metrics) return metrics_of(environment, *site);
            return *watches ? watch(environment, *site) : status(environment, *site);
        };
    });
}

} // namespace baton::cli
