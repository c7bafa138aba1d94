// SPDX-License-Identifier: MIT
#include "deploy/checking.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/act/snapshot.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/units/may_listen.hpp"
#include "deploy/units/unit_settings.hpp"
#include "site/directory/followed_path.hpp"
#include "site/release/site_dir.hpp"
#include "site/release/tree_content.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

/// The site that is registered for this directory, under any of its paths.
std::optional<std::pair<site::Store, site::SiteRecord>> site_of(const Paths& paths, const fs::path& directory) {
    const auto real = site::go(directory).path.real;
    for (auto& store : site::Store::all(paths.state)) {
        if (auto record = store.record();
            record && (record->directory == directory || site::go(record->directory).path.real == real))
            return std::pair{std::move(store), std::move(*record)};
    }
    return std::nullopt;
}

CheckedSite checked(site::SiteRecord record, std::string_view text, const fs::path& name) {
    CheckedSite found{std::move(record), site::parse_watch_conf(text, name.native())};
    site::check_program(found.record.directory, found.parsed.conf.bin_name);
    found.record.address = found.parsed.conf.addresses.front();
    return found;
}

std::string conf_name_of(const Paths& paths, const fs::path& directory) try {
    const auto site = site_of(paths, directory);
    return site ? site->second.conf_name : site::find_watch_conf(directory);
} catch (const Error&) { // no such file yet
    return "watch.conf";
}

std::string text_of(const fs::path& file) {
    std::optional<std::string> text;
    try {
        text = read_file(file, site::k_watch_conf_limit_bytes);
    } catch (const Error& error) {
        throw Error{error.what(), error_kind::config};
    }
    if (!text) throw Error{fmt::format("reading {}: there is no such file", quote(file.native())), error_kind::config};
    return std::move(*text);
}

CheckedSite read_candidate(const Paths& paths, const fs::path& file, const fs::path& given) {
    site::SiteRecord record;
    record.directory = site::find_site_directory(given).given;
    record.conf_name = conf_name_of(paths, record.directory);
    return checked(std::move(record), text_of(file), file);
}

/// Callers that may not read it read everything anew.
site::TreeIndex known_files(const site::Store& store, int release) try {
    return index_of(store, release);
} catch (const Error&) {
    return {};
}

std::string digest_of(const site::Store& store, int live, const CheckedSite& found, std::optional<std::string> text) {
    const auto& conf = found.parsed.conf;
    return site::content_digest({found.record.directory, conf.bin_name,
                                 site::Excludes{conf.exclude, found.record.conf_name}, found.record.conf_name,
                                 std::move(text), known_files(store, live)});
}

std::optional<Forecast> forecast(const Paths& paths, const site::Store& store, const CheckedSite& found,
                                 std::optional<std::string> text) {
    const auto live = store.live();
    if (!live) return std::nullopt;
    const auto manifest = store.manifest(*live);
    site::Manifest made;
    made.tree_sha256 = digest_of(store, *live, found, std::move(text));
    made.settings_sha256 =
        settings_digest(paths, store.site(), store.record().value(), found.parsed.conf.all_addresses());
    if (is_same(manifest, made)) return Forecast{store.site(), Forecast::What::nothing, *live};
    std::vector<site::Manifest> releases;
    for (const int release : store.releases())
        releases.push_back(store.manifest(release));
    if (const auto before = refused_before(releases, made))
        return Forecast{store.site(), Forecast::What::refusal, before->release,
                        fmt::format("{}: {}", site::outcome_text(before->outcome), before->reason)};
    Forecast release{store.site(), Forecast::What::release, store.next_release()};
    if (auto before = manifest.conf.all_addresses(); before != found.parsed.conf.all_addresses())
        release.moves_from = std::move(before);
    return release;
}

/// A deploy would wait until the addresses are free.
void warn_of_taken(const Paths& paths, const site::Store& store, CheckedSite& found) try {
    if (!store.live() || ::geteuid() != paths.owner) return; // others cannot bind everything that PID 1 can
    const auto now = sockets_of_live(store);
    for (const auto& address : found.parsed.conf.all_addresses())
        try {
            const auto is_ours = [&](const site::Address& it) { return overlap(it, address); };
            const bool is_free = std::none_of(now.begin(), now.end(), is_ours);
            const bool has_host = address.family != site::Address::Family::unix_path;
            if (is_free || has_host)
                site::probe_bind({address.family, address.host, is_free ? address.port : std::uint16_t{0}});
        } catch (const Error& error) {
            found.parsed.warnings.push_back(fmt::format("{}; a deploy waits until it can", error.what()));
        }
} catch (const Error&) { // the forecast reports what cannot be read
}

} // namespace

CheckedSite read_site(const fs::path& path) {
    std::error_code error;
    const bool is_file = fs::exists(path, error) && !fs::is_directory(path, error);
    const auto parent = path.has_parent_path() ? path.parent_path() : fs::path{"."};
    site::SiteRecord record;
    record.directory = site::find_site_directory(is_file ? parent : path).given; // says why if it finds none
    record.conf_name = is_file ? path.filename().native() : site::find_watch_conf(record.directory);
    site::check_conf_name(record.conf_name);
    const auto text = site::read_watch_conf(record.directory, record.conf_name).text;
    const auto file = record.directory / record.conf_name;
    return checked(std::move(record), text, file);
}

CheckedSite check_site(const Paths& paths, const fs::path& path, const std::optional<fs::path>& directory) {
    auto found = directory ? read_candidate(paths, path, *directory) : read_site(path);
    const auto site = site_of(paths, found.record.directory);
    auto& warnings = found.parsed.warnings;
    if (!site) {
        try {
            require_may_listen(paths, "SITE", found.record, found.parsed.conf.all_addresses(), Registered::no);
        } catch (const Error& error) {
            warnings.push_back(fmt::format("{}; {}", error.what(), error.hint()));
        }
        return found;
    }
    const auto& [store, record] = *site;
    require_may_listen(paths, store.site(), record, found.parsed.conf.all_addresses());
    require_apart_from_live(store, found.parsed.conf);
    warn_of_taken(paths, store, found);
    try {
        // `path` may be another file in the directory, which the site does not deploy.
        auto text = directory ? std::optional{text_of(path)} : std::nullopt;
        if (record.conf_name == found.record.conf_name) found.forecast = forecast(paths, store, found, std::move(text));
    } catch (const Error& error) {
        warnings.push_back(fmt::format("cannot predict what a deploy would do: {}", error.what()));
    }
    return found;
}

} // namespace baton::deploy
