// SPDX-License-Identifier: MIT
// baton history SITE
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "deploy/tell/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace baton::cli {
namespace {

Json to_json(const deploy::HistoryEntry& entry) {
    auto json = manifest_json(entry.manifest);
    json["live"] = entry.live;
    json["has_snapshot"] = entry.has_snapshot;
    return json;
}

std::string outcome_text(const deploy::HistoryEntry& entry) {
    if (entry.live) return "live";
    switch (entry.manifest.outcome) {
    case site::Outcome::pending:
        return "not finished";
    case site::Outcome::rejected:
        return "rejected";
    case site::Outcome::accepted:
        return "replaced";
    case site::Outcome::rolled_back:
        return "rolled back";
    case site::Outcome::dropped:
        return "dropped";
    }
    return "";
}

std::string deploy_time(const site::Manifest& manifest) {
    const auto add = [](double sum, const auto& step) { return sum + step.second; };
    const auto sum = std::accumulate(manifest.step_ms.begin(), manifest.step_ms.end(), 0.0, add);
    const std::chrono::duration<double, std::milli> all{sum};
    return duration_text(std::chrono::duration_cast<std::chrono::nanoseconds>(all));
}

std::string served_time(const deploy::HistoryEntry& entry) {
    const auto& manifest = entry.manifest;
    if (!manifest.live_since) return "-";
    const auto until = manifest.live_until.value_or(std::chrono::system_clock::now());
    return duration_text(until - *manifest.live_since);
}

std::string detail(const deploy::HistoryEntry& entry) {
    const auto& manifest = entry.manifest;
    std::string text = printable(manifest.reason);
    if (manifest.copy_of) text += fmt::format("{}content of release {}", text.empty() ? "" : "; ", *manifest.copy_of);
    return text;
}

void print(const std::vector<deploy::HistoryEntry>& entries) {
    Table table{{"RELEASE", "VER", "OUTCOME", "CREATED", "TOOK", "LIVE FOR", "PROGRAM", "DETAIL"}};
    for (const auto& entry : entries) {
        const auto& manifest = entry.manifest;
        table.add({fmt::format("{}{}", manifest.release, entry.has_snapshot ? "" : "*"), printable(manifest.conf.ver),
                   outcome_text(entry), iso8601(manifest.created), deploy_time(manifest), served_time(entry),
                   manifest.program_sha256.substr(0, 12), detail(entry)});
    }
    fmt::print("{}", table.text());
    const bool some_gone = std::any_of(entries.begin(), entries.end(), [](const auto& e) { return !e.has_snapshot; });
    if (some_gone) fmt::print("  * its snapshot was deleted (KeepReleases); no roll back to it is possible\n");
}

} // namespace

void add_history(CommandLine& line) {
    auto* command = line.add_command("history", "Show every release with its outcome, reason and times",
                                     "The same, with the time of each step");
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A registered site")->required();
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(*site);
            const auto entries = deploy::history(context);
            if (!environment.json()) {
                print(entries);
                return 0;
            }
            Json releases = Json::array();
            for (const auto& entry : entries)
                releases.push_back(to_json(entry));
            print_json({{"site", *site}, {"releases", releases}});
            return 0;
        };
    });
}

} // namespace baton::cli
