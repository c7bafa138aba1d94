// SPDX-License-Identifier: MIT
#include "doctor/checks/content.hpp"

#include "base/text.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "deploy/wish/wish.hpp"
#include "doctor/file_system.hpp"
#include "site/directory/site_name.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>

namespace baton::doctor {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_removed = ".removed-"; // Store::remove()

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

/// A key that is there already, or that several were meant to be, must be there once.
std::string renamed(const site::UnknownKey& key, const ConfSeen& conf) {
    const auto& keys = conf.unknown_keys;
    const auto near = fmt::format("\"{}\"", key.near);
    const bool is_meant_once =
        std::count_if(keys.begin(), keys.end(), [&](const auto& other) { return other.near == key.near; }) == 1;
    const bool can_rename =
        !key.near.empty() && is_word(key.name) && is_meant_once && conf.text.find(near) == conf.text.npos;
    return can_rename ? with_replaced(conf.path, conf.text, fmt::format("\"{}\"", key.name), near)
                      : fmt::format("editor {}", shell_word(conf.path.native()));
}

bool may_everybody_write(const fs::path& path) {
    struct stat st = {};
    return ::lstat(path.c_str(), &st) == 0 && !S_ISLNK(st.st_mode) && (st.st_mode & S_IWOTH) != 0 &&
           (st.st_mode & S_ISVTX) == 0;
}

/// Of the files and each directory that leads there: whoever may write one replaces what is in it.
std::vector<fs::path> writable_on(const std::vector<fs::path>& ways) {
    std::vector<fs::path> found;
    for (const auto& way : ways) {
        fs::path path;
        for (const auto& name : way) {
            path /= name;
            if (may_everybody_write(path) && std::find(found.begin(), found.end(), path) == found.end())
                found.push_back(path);
        }
    }
    return found;
}

bool is_open_to_others(const fs::path& directory) {
    struct stat st = {};
    return ::lstat(directory.c_str(), &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

/// The check of the newest edit says so.
bool was_refused(const SiteSubject& site) try {
    const auto decided = deploy::read_decision(site.store);
    return decided.result == deploy::Decision::Result::refused &&
           decided.conf == site::conf_stamp(site.record.directory, site.record.conf_name);
} catch (const Error&) {
    return false;
}

/// Calls `read`; what it cannot read is damaged.
template <typename Read>
void note_damage(std::vector<StoreSeen::Damage>& damages, Read read) {
    try {
        read();
    } catch (const Error& error) {
        damages.push_back({error.what(), error.hint()});
    }
}

Finding copied(const fs::path& state) {
    const auto away = state.parent_path().native() + "-" + state.filename().native();
    return {fmt::format("{} is no site's state", quote(state.native())),
            "it was copied there, or a person has removed the site's units; baton does nothing with it",
            fmt::format("mv -T {} {}", shell_word(state.native()), shell_word(away))};
}

} // namespace

ConfSeen observe_conf(SiteSubject& site) {
    ConfSeen seen{.path = site.record.directory / site.record.conf_name, .text = {}, .error = {}, .unknown_keys = {}};
    try {
        seen.text = site.editable_conf();
        seen.unknown_keys = site.conf().unknown_keys;
    } catch (const Error& error) {
        if (error.kind() != error_kind::config) throw;
        if (::geteuid() != 0 && ::access(seen.path.c_str(), R_OK) != 0 && errno == EACCES)
            throw Error{fmt::format("reading {}: it needs root", quote(seen.path.native()))};
        if (!was_refused(site)) seen.error = error.what();
    }
    return seen;
}

Findings judge_conf(const ConfSeen& seen) {
    Findings found;
    if (!seen.error.empty())
        found.push_back({seen.error, "the next deploy is refused",
                         fmt::format("baton check {}", shell_word(seen.path.parent_path().native()))});
    for (const auto& key : seen.unknown_keys)
        found.push_back({fmt::format("{} has the unknown key {}{}", quote(seen.path.native()), quote(key.name),
                                     key.near.empty() ? "" : fmt::format("; did you mean '{}'?", key.near)),
                         "it has no effect", renamed(key, seen)});
    return found;
}

DirectorySeen observe_directory(SiteSubject& site) {
    const auto& directory = site.record.directory;
    DirectorySeen seen{.site = site.name(), .path = directory, .error = {}, .network_kind = {}, .writable = {}};
    std::vector<fs::path> ways;
    try {
        auto found = site::find_site_directory(directory);
        ways = std::move(found.links);
        ways.push_back(found.real / site.record.conf_name);
        seen.network_kind = file_system_of(directory).network_kind;
    } catch (const Error& error) {
        seen.error = error.what();
        return seen;
    }
    try {
        ways.push_back(ways.back().parent_path() / site.conf().conf.bin_name);
    } catch (const Error&) { // the check of watch.conf says so
    }
    seen.writable = writable_on(ways);
    return seen;
}

Findings judge_directory(const DirectorySeen& seen) {
    Findings found;
    if (!seen.error.empty())
        found.push_back({seen.error, "there is nothing to deploy from; what is live serves",
                         fmt::format("namei -lx {}", shell_word(seen.path.native()))});
    if (!seen.network_kind.empty())
        found.push_back({fmt::format("{} is on {}", quote(seen.path.native()), seen.network_kind),
                         "what another host writes there is seen up to a minute late, and nothing tells when its "
                         "upload is complete; upload to a directory on a local disk, and add the site from there",
                         fmt::format("findmnt -T {}", shell_word(seen.path.native()))});
    for (const auto& path : seen.writable)
        found.push_back({fmt::format("everybody may write {}", quote(path.native())),
                         "any user of this host can deploy any program",
                         fmt::format("chmod o-w {}", shell_word(path.native()))});
    return found;
}

StoreSeen observe_store(SiteSubject& site) {
    StoreSeen seen;
    const auto& store = site.store;
    if (::geteuid() != site.host.paths.owner) throw Error{"reading the site's state: it needs root"};
    note_damage(seen.damages, [&] { (void)deploy::read_wish(store); });
    note_damage(seen.damages, [&] { (void)deploy::read_decision(store); });
    for (const int release : store.releases())
        note_damage(seen.damages, [&] { (void)store.manifest(release); });
    if (const auto releases = store.directory() / "releases"; is_open_to_others(releases))
        seen.too_open.push_back(releases);
    return seen;
}

Findings judge_store(const StoreSeen& seen) {
    Findings found;
    for (const auto& [what, type] : seen.damages)
        found.push_back({what, "baton cannot go on from there",
                         type.substr(0, type.find(';'))}); // a hint says what follows the command, too
    for (const auto& path : seen.too_open)
        found.push_back({fmt::format("others than root may enter {}", quote(path.native())),
                         "a release may contain secrets of the uploader",
                         fmt::format("chmod 0700 {}", shell_word(path.native()))});
    return found;
}

std::vector<RestSeen> observe_rests(HostSubject& host) {
    std::map<std::string, RestSeen> rests;
    const auto rest_of = [&](const std::string& site) -> RestSeen& {
        auto& rest = rests[site];
        rest.site = site;
        return rest;
    };
    std::error_code error; // a missing directory has none
    for (const auto& entry : fs::directory_iterator{host.paths.state, error}) {
        const auto name = entry.path().filename().native();
        const bool is_removed = name.starts_with(k_removed);
        if (is_removed || fs::exists(entry.path() / "releases", error)) // not lost+found
            rest_of(is_removed ? name.substr(k_removed.size()) : name).has_state = true;
    }
    constexpr std::string_view k_suffix = "@.service";
    for (const auto& directory : {host.paths.units, host.paths.etc_units})
        for (const auto& entry : fs::directory_iterator{directory, error})
            if (const auto name = entry.path().filename().native(); name.ends_with(k_suffix))
                if (const auto site = name.substr(0, name.size() - k_suffix.size());
                    deploy::has_units(host.paths, site))
                    rest_of(site).has_units = true;
    std::vector<RestSeen> found;
    for (auto& [name, rest] : rests) {
        const auto state = host.paths.state / name;
        const bool is_whole = fs::exists(state / "site.json", error);
        if (is_whole && is_copy(host, name)) rest.copy = state;
        if (!is_whole || !rest.copy.empty()) found.push_back(rest);
    }
    return found;
}

bool is_copy(const HostSubject& host, const std::string& site) {
    return !site::is_site_name(site) || (!deploy::has_units(host.paths, site) && !deploy::is_enabled(host.paths, site));
}

Findings judge_rests(const std::vector<RestSeen>& rests) {
    Findings found;
    for (const auto& rest : rests) {
        if (!rest.copy.empty()) {
            found.push_back(copied(rest.copy));
            continue;
        }
        found.push_back({fmt::format("{} of a site {} {} left, but it is not registered",
                                     rest.has_state && rest.has_units ? "state and units"
                                     : rest.has_units                 ? "units"
                                                                      : "state",
                                     quote(rest.site), rest.has_state && !rest.has_units ? "is" : "are"),
                         "a removal or a registration was interrupted; it may still run",
                         fmt::format("baton remove {}", rest.site)});
    }
    return found;
}

bool has_rest(HostSubject& host, const std::string& site) {
    const auto rests = observe_rests(host);
    return std::any_of(rests.begin(), rests.end(), [&](const RestSeen& rest) { return rest.site == site; });
}

} // namespace baton::doctor
