// SPDX-License-Identifier: MIT
#include "deploy/units/site_units.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/units/can_mount.hpp"
#include "deploy/units/mount_place.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"
#include "site/directory/followed_path.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <ranges>
#include <set>
#include <vector>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_last = "site@.last.conf";
constexpr std::string_view k_of_scripts = "site@.script.conf";
constexpr std::string_view k_of_mounts = "site@.mounts.conf";
constexpr std::string_view k_state = "@state@"; // in the templates: Paths::state
constexpr std::size_t k_unit_file_limit_bytes = 256 * 1024;
constexpr std::string_view k_written_by = "# Written by baton; change nothing here, use `systemctl edit`.\n";

/// A template's file name, and its unit's name.
struct UnitFile {
    std::string_view name_in_templates;
    std::string unit;
};

std::vector<UnitFile> plain_units(std::string_view site) {
    return {{"site.service", handle_unit(site)},
            {"site.socket", first_listener_unit(site)},
            {"site@.socket", moved_listener_template_unit(site)},
            {"site.path", path_unit(site)},
            {"site@.service", release_template_unit(site)}};
}

std::string drop_in_path(std::string_view unit, std::string_view name = k_drop_in) {
    return fmt::format("{}.d/{}", unit, name);
}

/// "%" begins a specifier in every setting; systemd.unit(5).
std::string escape_specifiers(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '%' ? std::string{"%%"} : std::string{c};
    return escaped;
}

/// Sockets= removes one backslash, Wants= does not: config_parse_service_sockets() of systemd 252. A name without it
/// would belong to another address.
std::string escape_backslashes(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '\\' ? std::string{"\\\\"} : std::string{c};
    return escaped;
}

/// For settings that hold several words, such as BindReadOnlyPaths=. `tail` may have specifiers.
std::string quote_word(std::string_view text, std::string_view tail = {}) {
    std::string word = "\"";
    for (const char c : escape_specifiers(text)) {
        if (c == '"' || c == '\\') word += '\\';
        word += c; // ':' too: inside quotes it does not end the path
    }
    return fmt::format("{}{}\"", word, tail);
}

/// In TemporaryFileSystem= the quotes are one level, and the path before ":" is another.
std::string hiding(const MountPlace& place) {
    if (place.hidden.empty()) return {};
    std::string word;
    for (const char c : escape_specifiers(place.hidden.native())) {
        if (c == '"') word += '\\';
        if (c == ':') word += "\\\\";
        if (c == '\\') word += "\\\\\\";
        word += c;
    }
    auto text = fmt::format("TemporaryFileSystem=\"{}\":ro\n", word);
    for (const auto& shown : place.shown)
        text += fmt::format("BindReadOnlyPaths={}\n", quote_word("-" + shown.native()));
    return text;
}

std::string template_text(const Paths& paths, std::string_view name) {
    const auto from = paths.unit_templates / name;
    auto text = read_file(from, k_unit_file_limit_bytes);
    if (!text)
        throw Error{fmt::format("reading the unit file {}: it is missing", quote(from.native()))}.with_hint(
            "install baton again: apt install --reinstall baton, or meson install -C build");
    const auto state = escape_specifiers(paths.state.native());
    for (auto at = text->find(k_state); at != text->npos; at = text->find(k_state, at + state.size()))
        text->replace(at, k_state.size(), state);
    return std::move(*text);
}

/// PID 1 runs the releases of a site as a user of their own. A user's manager has only the one.
std::string user_setting(const Paths& paths, std::string_view site) {
    return paths.scope == sd::Scope::user ? "" : fmt::format("User={}\n", site::user_name(site));
}

std::string slice_setting(const Paths& paths, std::string_view site) {
    return fmt::format("Slice={}\n", site_slice(site, paths.scope));
}

/// Where a release sees its snapshot: at the site's own path, or, where the manager can mount nothing, where it is.
std::string snapshot_settings(const Paths& paths, const fs::path& directory) {
    constexpr std::string_view k_tree = "/%p/releases/%i/tree";
    const auto in = [](const fs::path& path, std::string_view tail) {
        return fmt::format("WorkingDirectory={}{}\nEnvironment={}\n", escape_specifiers(path.native()), tail,
                           quote_word("BATON_DIRECTORY=" + path.native(), tail));
    };
    if (!can_mount(paths.scope)) return in(paths.state, k_tree);
    const auto place = mount_place(directory, paths);
    return fmt::format("{}{}{}BindReadOnlyPaths={}:{}\n", in(place.at, ""),
                       paths.scope == sd::Scope::user ? template_text(paths, k_of_mounts) : "", hiding(place),
                       quote_word(paths.state.native(), k_tree), quote_word(place.at.native()));
}

/// Wants= keeps the activation unit active while the release runs, and so PID 1 does not poll the socket.
std::string release_drop_in(const Paths& paths, const UnitParameters& parameters, const ReleaseUnit& release) {
    std::string wants;
    std::string sockets;
    for (const auto& listener : listener_units(parameters.site, parameters.record, release.addresses)) {
        wants += fmt::format("Wants={}\n", escape_specifiers(activation_unit(listener)));
        sockets += fmt::format("Sockets={}\n", escape_backslashes(escape_specifiers(listener)));
    }
    const auto& record = parameters.record;
    return fmt::format(
        "{}[Unit]\n{}\n[Service]\n{}{}{}{}{}{}{}", k_written_by, wants, slice_setting(paths, parameters.site),
        user_setting(paths, parameters.site), sockets, snapshot_settings(paths, record.directory),
        record.idle_exit ? fmt::format("Environment=BATON_IDLE_EXIT={}\n", record.idle_exit->count()) : "",
        parameters.nonblocking ? "NonBlocking=yes\n" : "", release.is_script ? template_text(paths, k_of_scripts) : "");
}

/// False for most releases: they listen where the site was registered, and are not scripts.
bool has_own_drop_in(const UnitParameters& parameters, const ReleaseUnit& release) {
    return release.is_script || listener_units(parameters.site, parameters.record, release.addresses) !=
                                    std::vector{first_listener_unit(parameters.site)};
}

std::string own_drop_in_path(std::string_view site, int release) {
    return drop_in_path(release_unit(site, release));
}

/// Left by another release with its number: the site's state came from a backup.
bool is_left_over(const Paths& paths, const UnitParameters& parameters, const ReleaseUnit& release) {
    const auto path = paths.units / own_drop_in_path(parameters.site, release.release);
    return !has_own_drop_in(parameters, release) && ::access(path.c_str(), F_OK) == 0;
}

std::string listener_drop_in(const site::Address& address) {
    const bool tcp = address.family != site::Address::Family::unix_path;
    return fmt::format("{}[Socket]\n{}", k_written_by, tcp ? "NoDelay=yes\n" : "");
}

/// What somebody has set for the first listener holds for the others; empty if there is nothing.
std::string moved_listener_drop_in(const Paths& paths, std::string_view site) {
    const auto shared = shared_listener_settings(paths, site);
    if (shared.empty()) return {};
    return fmt::format("{}# A copy of the drop-ins of {}, which hold for every listener of the site.\n{}", k_written_by,
                       first_listener_unit(site), shared);
}

/// What it was copied from is gone.
bool is_copy_left_over(const Paths& paths, std::string_view site) {
    const auto path = paths.units / drop_in_path(moved_listener_template_unit(site));
    return ::access(path.c_str(), F_OK) == 0 && moved_listener_drop_in(paths, site).empty();
}

/// Where a listener is. It comes after the output of `systemctl edit`: baton looks for a release nowhere else.
std::string last_listener_drop_in(std::string_view address, std::string_view slice_setting) {
    return fmt::format("{}[Socket]\n{}Accept=no\nListenStream=\nListenStream={}\n", k_written_by, slice_setting,
                       address);
}

std::string handle_drop_in(const Paths& paths, const UnitParameters& parameters) {
    return fmt::format("{}[Unit]\n{}\n[Service]\n{}", k_written_by,
                       parameters.listens_at_start ? fmt::format("Wants={}\n", first_listener_unit(parameters.site))
                                                   : "",
                       slice_setting(paths, parameters.site));
}

std::string path_drop_in(const site::SiteRecord& record) {
    auto text = fmt::format("{}[Path]\n", k_written_by);
    for (const auto& path : site::paths_to_watch(record.directory, record.conf_name))
        text += fmt::format("PathChanged={}\n", escape_specifiers(path.native()));
    return text;
}

/// The current text; empty when the file does not exist.
std::optional<std::string> text_on_disk(const fs::path& path) try {
    return read_file(path, k_unit_file_limit_bytes);
} catch (const Error&) { // for example, longer than any of ours
    return "";
}

bool has_drop_in_of_ours(const fs::path& directory, std::string_view site) {
    const auto units = plain_units(site);
    return std::any_of(units.begin(), units.end(), [&](const UnitFile& file) {
        const auto drop_in = text_on_disk(directory / drop_in_path(file.unit));
        return drop_in && drop_in->starts_with(k_written_by);
    });
}

/// An older baton's files come first in systemd's search path; `systemctl mask` and revert fail on them.
bool has_old_units(const Paths& paths, std::string_view site) {
    return !paths.etc_units.empty() && paths.etc_units != paths.units && has_drop_in_of_ours(paths.etc_units, site);
}

std::vector<int> releases_with_drop_ins(const fs::path& directory, std::string_view site) {
    std::vector<int> releases;
    std::error_code error; // a missing directory has none
    for (const auto& entry : fs::directory_iterator{directory, error})
        if (entry.path().extension() == ".d")
            if (const auto release = release_of_unit(site, entry.path().stem().native())) releases.push_back(*release);
    return releases;
}

void remove_from(const fs::path& directory, std::string_view site) {
    std::error_code error; // nothing there means nothing to remove
    for (const auto& [name, unit] : plain_units(site)) {
        // The drop-ins last: they tell whose unit it is.
        for (const auto& file : {unit, drop_in_path(unit, k_last_drop_in), drop_in_path(unit)}) {
            fs::remove(directory / file, error);
            fs::remove(directory / (file + ".new"), error); // left by a killed write
        }
        fs::remove(directory / fmt::format("{}.d", unit), error); // if it is empty now
    }
}

/// systemd looks for new names when the directory's time changes, and the kernel may give two changes within a few
/// milliseconds the same time.
void tell_of_change(const fs::path& units) {
    std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, timespec{}};
    (void)::clock_gettime(CLOCK_REALTIME, &times[1]);
    (void)::utimensat(AT_FDCWD, units.c_str(), times.data(), 0);
}

/// Keeps the site enabled at boot.
void remove_old_units(const Paths& paths, std::string_view site) {
    if (is_enabled(paths, site)) enable_site(paths, site);
    remove_from(paths.etc_units, site);
}

/// By WantedBy= of the handle, systemd/meson.build.
fs::path enabling_link(const Paths& paths, std::string_view site) {
    const auto* const target = paths.scope == sd::Scope::user ? "default.target" : "multi-user.target";
    return paths.etc_units / fmt::format("{}.wants", target) / handle_unit(site);
}

} // namespace

std::string listener_unit(std::string_view site, const site::SiteRecord& record, const site::Address& address) {
    const auto socket = address.socket_name();
    return socket == record.address.socket_name() ? first_listener_unit(site) : moved_listener_unit(site, socket);
}

std::vector<std::string> listener_units(std::string_view site, const site::SiteRecord& record,
                                        const std::vector<site::Address>& addresses) {
    std::vector<std::string> units;
    for (const auto& address : addresses)
        units.push_back(listener_unit(site, record, address));
    return units;
}

site::IsHeld held_sockets(std::string_view site, const site::SiteRecord& record,
                          std::function<bool(const std::string&)> is_active) {
    return [site = std::string{site}, record, is_active = std::move(is_active)](const site::Address& address) {
        return is_active(listener_unit(site, record, address));
    };
}

site::IsHeld held_sockets(std::string_view site, const site::SiteRecord& record, const sd::UnitList& units) {
    return held_sockets(site, record, [&units](const std::string& unit) { return units.is_active(unit); });
}

std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters) {
    std::map<std::string, std::string> files;
    for (const auto& [name, unit] : plain_units(parameters.site))
        files.emplace(unit, template_text(paths, name));
    const auto& site = parameters.site;
    const auto first = first_listener_unit(site);
    files.emplace(drop_in_path(handle_unit(site)), handle_drop_in(paths, parameters));
    files.emplace(drop_in_path(first), listener_drop_in(parameters.record.address));
    const auto slice = slice_setting(paths, site);
    files.emplace(drop_in_path(first, k_last_drop_in),
                  last_listener_drop_in(escape_specifiers(parameters.record.address.text()), slice));
    const auto moved = moved_listener_template_unit(site);
    if (auto shared = moved_listener_drop_in(paths, site); !shared.empty())
        files.emplace(drop_in_path(moved), std::move(shared));
    files.emplace(drop_in_path(moved, k_last_drop_in), last_listener_drop_in("%I", slice));
    files.emplace(drop_in_path(path_unit(site)), path_drop_in(parameters.record));
    files.emplace(drop_in_path(release_template_unit(site)),
                  release_drop_in(paths, parameters, {.addresses = {parameters.record.address}}));
    files.emplace(drop_in_path(release_template_unit(site), k_last_drop_in), template_text(paths, k_last));
    for (const auto& release : parameters.releases)
        if (has_own_drop_in(parameters, release))
            files.emplace(own_drop_in_path(site, release.release), release_drop_in(paths, parameters, release));
    return files;
}

bool units_differ(const Paths& paths, const UnitParameters& parameters) {
    if (has_old_units(paths, parameters.site) || is_copy_left_over(paths, parameters.site)) return true;
    for (const auto& release : parameters.releases)
        if (is_left_over(paths, parameters, release)) return true;
    const auto files = unit_files(paths, parameters);
    return std::any_of(files.begin(), files.end(),
                       [&](const auto& file) { return text_on_disk(paths.units / file.first) != file.second; });
}

bool units_are_there(const Paths& paths, const UnitParameters& parameters) {
    const auto is_there = [&](const std::string& name) { return ::access((paths.units / name).c_str(), F_OK) == 0; };
    const auto& site = parameters.site;
    for (const auto& [name, unit] : plain_units(site))
        if (!is_there(unit)) return false;
    for (const auto& release : parameters.releases)
        if (has_own_drop_in(parameters, release) && !is_there(own_drop_in_path(site, release.release))) return false;
    const auto releases = release_template_unit(site);
    const auto first = first_listener_unit(site);
    return is_there(drop_in_path(handle_unit(site))) && is_there(drop_in_path(first)) &&
           is_there(drop_in_path(first, k_last_drop_in)) &&
           is_there(drop_in_path(moved_listener_template_unit(site), k_last_drop_in)) &&
           is_there(drop_in_path(path_unit(site))) && is_there(drop_in_path(releases)) &&
           is_there(drop_in_path(releases, k_last_drop_in));
}

Written write_units(const Paths& paths, const UnitParameters& parameters) {
    std::set<std::string> unread;
    for (const auto& release : parameters.releases)
        if (!release.is_known) unread.insert(own_drop_in_path(parameters.site, release.release));
    auto written = Written::nothing;
    const auto files = unit_files(paths, parameters);
    // Those of single releases first: what an older baton wrote for all of them stays until they have their own.
    for (const auto& [name, text] : std::views::reverse(files)) {
        const auto path = paths.units / name;
        if (text_on_disk(path) == text) continue;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        write_file_atomically(path, text);
        written = std::max(written, unread.contains(name) ? Written::unread : Written::others);
    }
    if (written != Written::nothing) tell_of_change(paths.units);
    for (const auto& release : parameters.releases) {
        if (!is_left_over(paths, parameters, release)) continue;
        remove_release_unit(paths, parameters.site, release.release);
        written = std::max(written, release.is_known ? Written::others : Written::unread);
    }
    if (is_copy_left_over(paths, parameters.site)) {
        std::error_code error; // the next look sees it
        fs::remove(paths.units / drop_in_path(moved_listener_template_unit(parameters.site)), error);
        written = Written::others;
    }
    if (!has_old_units(paths, parameters.site)) return written;
    remove_old_units(paths, parameters.site);
    return Written::others;
}

std::vector<std::string> unit_names(std::string_view site) {
    std::vector<std::string> names;
    for (auto& file : plain_units(site))
        names.push_back(std::move(file.unit));
    return names;
}

void remove_release_unit(const Paths& paths, std::string_view site, int release) noexcept {
    std::error_code error; // nothing there means nothing to remove
    const auto file = paths.units / own_drop_in_path(site, release);
    fs::remove(file, error);
    fs::remove(file.native() + ".new", error); // left by a killed write
    fs::remove(file.parent_path(), error);     // if it is empty now
}

bool has_units(const Paths& paths, std::string_view site) {
    return has_drop_in_of_ours(paths.units, site) || has_old_units(paths, site);
}

void enable_site(const Paths& paths, std::string_view site) {
    const auto link = enabling_link(paths, site);
    std::error_code error; // replace_symlink() says why
    fs::create_directories(link.parent_path(), error);
    replace_symlink(link, paths.units / handle_unit(site));
}

bool is_enabled(const Paths& paths, std::string_view site) {
    std::error_code error;
    return fs::is_symlink(enabling_link(paths, site), error);
}

void remove_units(const Paths& paths, std::string_view site) {
    for (const int release : releases_with_drop_ins(paths.units, site))
        remove_release_unit(paths, site, release);
    remove_from(paths.units, site);
    if (has_old_units(paths, site)) remove_from(paths.etc_units, site);
}

} // namespace baton::deploy
