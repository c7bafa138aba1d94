// SPDX-License-Identifier: MIT
// baton logs SITE [N]: journalctl(1) with the matches that find a site's releases and its deploys.
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"
#include "cli/command.hpp"
#include "deploy/tell/report.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace baton::cli {
namespace {

struct Wanted {
    std::string site;
    std::optional<int> release;
    bool follow = false;
    std::string lines;
    std::string since;
};

/// Anybody may send any field whose name does not begin with "_"; journald itself sets the others, from the sender's
/// credentials. They identify baton as root, systemd as process 1, and a release by the site's own slice. The fields
/// are those of SITE@.service's LogExtraFields= and of our own messages, so a release that starts later is found as
/// well; for the handle there are systemd's messages. Each line shows its unit, because a program can call itself
/// anything.
void add_matches_of_host(const Wanted& wanted, std::vector<std::string>& argv) {
    const auto site = "BATON_SITE=" + wanted.site;
    const auto release = wanted.release ? fmt::format("BATON_RELEASE={}", *wanted.release) : std::string{};
    const auto handle = deploy::handle_unit(wanted.site);
    const auto add = [&](const std::string& trusted) {
        argv.insert(argv.end(), {trusted, site});
        if (wanted.release) argv.push_back(release);
    };
    // A program sends only text on standard output, so the fields are from PID 1; this also finds a program that ended
    // at once.
    for (const auto* const trusted : {"_UID=0", "_TRANSPORT=stdout"}) {
        add(trusted);
        argv.emplace_back("+");
    }
    add("_SYSTEMD_SLICE=" + deploy::site_slice(wanted.site, sd::Scope::system));
    argv.emplace_back("+");
    add("_SYSTEMD_SLICE=" + deploy::old_release_slice(wanted.site, sd::Scope::system));
    if (!wanted.release) argv.insert(argv.end(), {"+", "_PID=1", "UNIT=" + handle});
}

/// A user's manager passes no LogExtraFields=, so the unit's name tells the release. What others have in managers of
/// their own has another _UID=.
void add_matches_of_user(const Wanted& wanted, std::vector<std::string>& argv) {
    const auto uid = fmt::format("_UID={}", ::geteuid());
    const auto add = [&](std::initializer_list<std::string> matches) {
        argv.push_back(uid);
        argv.insert(argv.end(), matches);
        argv.emplace_back("+");
    };
    if (wanted.release) {
        add({"BATON_SITE=" + wanted.site, fmt::format("BATON_RELEASE={}", *wanted.release)});
        add({"_SYSTEMD_USER_UNIT=" + deploy::release_unit(wanted.site, *wanted.release)});
    } else {
        add({"BATON_SITE=" + wanted.site});
        add({"_SYSTEMD_USER_SLICE=" + deploy::site_slice(wanted.site, sd::Scope::user)});
        add({"_SYSTEMD_USER_SLICE=" + deploy::old_release_slice(wanted.site, sd::Scope::user)});
        add({"USER_UNIT=" + deploy::handle_unit(wanted.site)});
    }
    argv.pop_back();
}

std::vector<std::string> journalctl(const Wanted& wanted, sd::Scope scope, bool json) {
    std::vector<std::string> argv{"journalctl", "--quiet", json ? "--output=json" : "--output=with-unit"};
    if (wanted.follow) argv.emplace_back("--follow");
    if (!wanted.lines.empty()) argv.push_back("--lines=" + wanted.lines);
    if (!wanted.since.empty()) argv.push_back("--since=" + wanted.since);
    scope == sd::Scope::user ? add_matches_of_user(wanted, argv) : add_matches_of_host(wanted, argv);
    return argv;
}

void require_release(deploy::SiteContext& context, int release) {
    const auto entries = deploy::history(context);
    if (std::none_of(entries.begin(), entries.end(), [&](const auto& it) { return it.manifest.release == release; }))
        throw Error{fmt::format("looking for release {} of {}: no such release", release, quote(context.name())),
                    error_kind::usage, fmt::format("baton history {} lists them", context.name())};
}

/// journalctl would show nothing, without a word.
void require_readable(const std::string& site, sd::Scope scope) {
    if (sd::may_read_journal(scope)) return;
    const auto for_good =
        fmt::format("as root: usermod -aG systemd-journal {}, then log in again", user_name(::geteuid()));
    throw Error{fmt::format("reading the journal of {}: you may not read the system's journal", quote(site)),
                error_kind::failed,
                scope == sd::Scope::user ? for_good : fmt::format("sudo baton logs {}; or, {}", site, for_good)};
}

int become(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    (void)std::fflush(stdout);
    (void)::execvp(argv[0], argv.data());
    throw errno_error("executing 'journalctl'");
}

} // namespace

void add_logs(CommandLine& line) {
    auto* command = line.add_command("logs", "Show the journal of a site's releases and deploys, interleaved",
                                     "One object per line, like journalctl --output=json");
    const auto wanted = std::make_shared<Wanted>();
    command->add_option("SITE", wanted->site, "A registered site")->required();
    command->add_option("N", wanted->release, "Only this release and its deploy");
    command->add_flag("-f,--follow", wanted->follow, "Continue with new lines");
    command->add_option("-n,--lines", wanted->lines,
                        "Only this many last lines, or \"all\"; with --follow the default is 10");
    command->add_option("-S,--since", wanted->since, "Only from this time on, as in journalctl(1): -1h, today");
    command->callback([=, &line] {
        line.action = [=](Environment& environment) {
            auto context = environment.site(wanted->site); // for the error if the site does not exist
            if (wanted->release) require_release(context, *wanted->release);
            require_readable(wanted->site, environment.paths().scope);
            return become(journalctl(*wanted, environment.paths().scope, environment.json()));
        };
    });
}

} // namespace baton::cli
