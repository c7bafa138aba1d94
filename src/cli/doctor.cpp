// SPDX-License-Identifier: MIT
// baton doctor [SITE]
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "doctor/checks/content.hpp"
#include "doctor/examine.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <map>

namespace baton::cli {
namespace {

constexpr int k_something_is_wrong = 1;

Json to_json(const doctor::Examination& examination) {
    Json findings = Json::array();
    for (const auto& [check, site, finding] : examination.found)
        findings.push_back({{"check", check},
                            {"site", or_null(site)},
                            {"what", finding.what},
                            {"why", finding.why},
                            {"type", finding.type}});
    Json not_made = Json::array();
    for (const auto& [check, site, why] : examination.not_made)
        not_made.push_back({{"check", check}, {"site", or_null(site)}, {"why", why}});
    return {{"findings", std::move(findings)}, {"not_made", std::move(not_made)}};
}

std::string full_name(const std::string& check, const std::optional<std::string>& site) {
    return site ? fmt::format("{} of {}", check, *site) : check;
}

/// Checks that one reason kept from being made are one line: without systemd there are dozens.
void print_not_made(const std::vector<doctor::NotMade>& not_made) {
    std::map<std::string, std::vector<std::string>> by_reason;
    for (const auto& [check, site, why] : not_made)
        by_reason[why].push_back(full_name(check, site));
    for (const auto& [why, checks] : by_reason)
        fmt::print("not looked at ({}): {}\n", fmt::join(checks, ", "), printable(why));
    if (!not_made.empty() && ::geteuid() != 0) fmt::print("hint: run it with sudo to look at all\n");
}

std::string summary(const doctor::Examination& examination) {
    const auto found = examination.found.size();
    if (found == 1) return "1 thing is wrong";
    if (found > 1) return fmt::format("{} things are wrong", found);
    return examination.not_made.empty() ? "nothing is wrong" : "nothing wrong was found, but not all was looked at";
}

void print(const doctor::Examination& examination) {
    for (const auto& [check, site, finding] : examination.found)
        fmt::print("{}{} [{}]\n  why:  {}\n  type: {}\n", site ? *site + ": " : "", printable(finding.what), check,
                   printable(finding.why), printable(finding.type));
    print_not_made(examination.not_made);
    fmt::print("{}\n", summary(examination));
}

/// Only what concerns the site, and the host. A site of which only a rest is there counts too.
void require_known(Environment& environment, doctor::HostSubject& host, const std::string& site) {
    site::check_site_name(site);
    std::error_code error;
    if (std::filesystem::exists(environment.paths().state / site / "site.json", error)) return;
    if (doctor::has_rest(host, site)) return;
    (void)environment.site(site); // says that there is no such site, and which one may be meant
}

/// A misspelt name would leave the check in.
void require_checks(const std::vector<std::string>& names) {
    std::vector<std::string_view> known;
    for (const auto& check : doctor::host_checks())
        known.push_back(check.name);
    for (const auto& check : doctor::site_checks())
        known.push_back(check.name);
    for (const auto& name : names) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const auto near = did_you_mean(name, known);
        throw Error{fmt::format("leaving out the check {}: there is no such check{}", quote(name),
                                near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                    error_kind::usage, fmt::format("they are: {}", fmt::join(known, ", "))};
    }
}

int doctor(Environment& environment, const std::string& only, const std::vector<std::string>& except) {
    require_checks(except);
    auto host = environment.subject();
    if (!only.empty()) require_known(environment, host, only);
    const auto examination = doctor::examine(host, environment.sites(only), except, environment.observer());
    if (environment.json())
        print_json(to_json(examination));
    else
        print(examination);
    return examination.found.empty() && examination.not_made.empty() ? 0 : k_something_is_wrong;
}

} // namespace

void add_doctor(CommandLine& line) {
    auto* command = line.add_command("doctor", "Find what is wrong on this host or with a site, and say what to type",
                                     "Each finding, and each check that could not be made");
    const auto site = std::make_shared<std::string>();
    command->add_option("SITE", *site, "A site; default: all");
    const auto except = std::make_shared<std::vector<std::string>>();
    command
        ->add_option("--except", *except,
                     "Leave out the check of this name, which is in brackets behind what it finds; may be repeated")
        ->type_name("CHECK")
        ->allow_extra_args(false);
    command->callback([=, &line] {
        line.needs_manager = false;
        line.action = [=](Environment& environment) { return doctor(environment, *site, *except); };
    });
}

} // namespace baton::cli
