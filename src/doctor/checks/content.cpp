// SPDX-License-Identifier: MIT
#include "doctor/checks/content.hpp"

#include "base/text.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "deploy/wish/wish.hpp"
#include "doctor/file_system.hpp"
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

std::string renamed(const site::UnknownKey& key, const fs::path& path) {
    const auto file = shell_word(path.native());
    if (key.near.empty() || !is_word(key.name)) return fmt::format("editor {}", file);
    return fmt::format("sed -i 's/\"{}\"/\"{}\"/' {}", key.name, key.near, file);
}

bool may_everybody_write(const fs::path& path) {
    struct stat st = {};
    return ::lstat(path.c_str(), &st) == 0 && !S_ISLNK(st.st_mode) && (st.st_mode & S_IWOTH) != 0 &&
           (st.st_mode & S_ISVTX) == 0;
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

} // namespace

ConfSeen observe_conf(SiteSubject& site) {
    ConfSeen seen{.path = site.record.directory / site.record.conf_name, .error = {}, .unknown_keys = {}};
    try {
        seen.unknown_keys = site.conf().unknown_keys;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::config) throw;
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
                         "it has no effect", renamed(key, seen.path)});
    return found;
}

DirectorySeen observe_directory(SiteSubject& site) {
    const auto& directory = site.record.directory;
    DirectorySeen seen{.site = site.name(), .path = directory, .error = {}, .network_kind = {}, .writable = {}};
    try {
        (void)site::find_site_directory(directory);
        seen.network_kind = file_system_of(directory).network_kind;
    } catch (const Error& error) {
        seen.error = error.what();
        return seen;
    }
    std::vector<fs::path> paths{directory, directory / site.record.conf_name};
    try {
        paths.push_back(directory / site.conf().conf.bin_name);
    } catch (const Error&) { // the check of watch.conf says so
    }
    for (const auto& path : paths)
        if (may_everybody_write(path)) seen.writable.push_back(path);
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
                         "upload is complete; a directory on a local disk has neither",
                         fmt::format("baton remove {0} && cp -a {1} /srv/{0}-local && baton add {0} /srv/{0}-local",
                                     seen.site, shell_word(seen.path.native()))});
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
    for (const auto& [name, rest] : rests)
        if (!fs::exists(host.paths.state / name / "site.json", error)) found.push_back(rest);
    return found;
}

Findings judge_rests(const std::vector<RestSeen>& rests) {
    Findings found;
    for (const auto& rest : rests)
        found.push_back({fmt::format("{} of a site {} {} left, but it is not registered",
                                     rest.has_state && rest.has_units ? "state and units"
                                     : rest.has_units                 ? "units"
                                                                      : "state",
                                     quote(rest.site), rest.has_state && !rest.has_units ? "is" : "are"),
                         "a removal or a registration was interrupted; it may still run",
                         fmt::format("baton remove {}", rest.site)});
    return found;
}

bool has_rest(HostSubject& host, const std::string& site) {
    const auto rests = observe_rests(host);
    return std::any_of(rests.begin(), rests.end(), [&](const RestSeen& rest) { return rest.site == site; });
}

} // namespace baton::doctor
