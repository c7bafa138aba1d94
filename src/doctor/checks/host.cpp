// SPDX-License-Identifier: MIT
#include "doctor/checks/host.hpp"

#include "base/error.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"
#include "deploy/units/unit_names.hpp"
#include "doctor/proc.hpp"
#include "site/release/store.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace baton::doctor {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t k_mib = 1024UL * 1024;
constexpr std::uint64_t k_least_room = 16 * k_mib;       // records, and a small release
constexpr std::uint64_t k_least_files = 1000;            // the same
constexpr std::uint64_t k_reload_room = 16 * k_mib;      // RELOAD_DISK_SPACE_MIN of systemd 252
constexpr std::uint64_t k_spare_instances = 16;          // the next few sites, and what else root runs
constexpr std::uint64_t k_spare_watches = 1024;          // a site takes about ten
constexpr std::string_view k_shipped_instances = "8192"; // conf/baton-sysctl.conf

/// The largest live release, of which the next deploy of its site makes another.
void add_need(const deploy::Paths& paths, PlaceSeen& state) {
    for (const auto& store : site::Store::all(paths.state))
        try {
            const auto live = store.live();
            if (!live) continue;
            const auto manifest = store.manifest(*live);
            state.needed_bytes = std::max(state.needed_bytes, manifest.bytes);
            state.needed_files = std::max(state.needed_files, manifest.files);
        } catch (const Error&) { // another check says so
        }
}

/// The directory, or the first one above it that exists.
fs::path that_exists(fs::path directory) {
    std::error_code error;
    while (!fs::exists(directory, error) && directory.has_relative_path())
        directory = directory.parent_path();
    return directory;
}

bool is_inotify(const fs::path& descriptor) {
    std::error_code error; // it was closed meanwhile
    return fs::read_symlink(descriptor, error) == "anon_inode:inotify";
}

std::uint64_t watches_in(const fs::path& fdinfo) {
    std::ifstream file{fdinfo};
    std::uint64_t watches = 0;
    for (std::string line; std::getline(file, line);)
        watches += line.starts_with("inotify wd:") ? 1U : 0U;
    return watches;
}

void add_process(const fs::path& process, InotifySeen& seen) {
    std::error_code error; // it has ended
    for (const auto& descriptor : fs::directory_iterator{process / "fd", error}) {
        if (!is_inotify(descriptor.path())) continue;
        ++seen.instances;
        seen.watches += watches_in(process / "fdinfo" / descriptor.path().filename());
    }
}

bool is_roots_process(const fs::path& process) {
    struct stat st = {};
    return parse_number<int>(process.filename().native()) && ::stat(process.c_str(), &st) == 0 && st.st_uid == 0;
}

Finding scarce(std::string_view parameter, std::uint64_t used, std::uint64_t most, std::string_view wanted) {
    return {fmt::format("{} of {} of root are in use ({})", used, most, parameter),
            "the watch of each site takes some in PID 1; without, a watch fails for good: by the default of 128 "
            "instances, that of site 122",
            set_kernel_parameter(parameter, wanted)};
}

bool is_at_least(std::string_view release, int major, int minor) {
    const auto dot = release.find('.');
    const auto end = release.find_first_not_of("0123456789", dot + 1);
    const auto have_major = parse_number<int>(release.substr(0, dot));
    const auto have_minor = parse_number<int>(release.substr(dot + 1, end - dot - 1));
    return !have_major || !have_minor || std::pair{*have_major, *have_minor} >= std::pair{major, minor};
}

bool is_some_site_up(HostSubject& host) {
    const auto sites = site::Store::sites(host.paths.state);
    return std::any_of(sites.begin(), sites.end(), [&](const std::string& site) {
        return sd::is_up(host.units().active_state(deploy::handle_unit(site)));
    });
}

Finding down(std::string_view unit, sd::ActiveState state, std::string_view why) {
    return {fmt::format("{} is {}", unit, sd::text(state)), std::string{why}, fmt::format("systemctl start {}", unit)};
}

} // namespace

std::vector<PlaceSeen> observe_places(HostSubject& host) {
    const auto state_directory = that_exists(host.paths.state);
    PlaceSeen state{state_directory, file_system_of(state_directory), k_least_room, k_least_files, true};
    const auto units = that_exists(host.paths.units);
    return {std::move(state),
            {host.paths.runtime, file_system_of(host.paths.runtime), k_reload_room, k_least_files, false},
            {units, file_system_of(units), k_mib, 16, false}};
}

std::vector<PlaceSeen> observe_room(HostSubject& host) {
    auto places = observe_places(host);
    add_need(host.paths, places.front());
    return places;
}

Findings judge_room(const std::vector<PlaceSeen>& places) {
    Findings found;
    for (const auto& place : places) {
        const auto& have = place.file_system;
        const auto path = quote(place.path.native());
        const auto why = place.runs_programs
                             ? "the next release does not fit: its deploy is put off until there is room"
                             : "systemd refuses a daemon-reload, and baton cannot write its units";
        const auto type = fmt::format("du -x -d 2 {} | sort -n | tail", shell_word(place.path.native()));
        if (have.free_bytes < place.needed_bytes)
            found.push_back({fmt::format("{} has {} left, and {} are needed", path, size_text(have.free_bytes),
                                         size_text(place.needed_bytes)),
                             why, type});
        if (have.files > 0 && have.free_files < place.needed_files)
            found.push_back({fmt::format("{} has room for {} more files, and {} are needed (inodes)", path,
                                         have.free_files, place.needed_files),
                             why,
                             fmt::format("du -x --inodes -d 2 {} | sort -n | tail", shell_word(place.path.native()))});
    }
    return found;
}

Findings judge_mounts(const std::vector<PlaceSeen>& places) {
    Findings found;
    for (const auto& place : places) {
        const auto path = quote(place.path.native());
        const auto remounted = [&](std::string_view option) {
            return fmt::format("mount -o remount,{} \"$(findmnt --first-only -n -o TARGET -T {})\"", option,
                               shell_word(place.path.native()));
        };
        if (place.file_system.is_read_only)
            found.push_back({fmt::format("{} is on a file system that is mounted read-only", path),
                             "baton cannot deploy until root mounts it otherwise", remounted("rw")});
        if (place.runs_programs && place.file_system.is_noexec)
            found.push_back({fmt::format("{} is on a file system that is mounted noexec", path),
                             "no release can be executed from there until root mounts it otherwise",
                             remounted("exec")});
        if (!place.file_system.network_kind.empty())
            found.push_back({fmt::format("{} is on {}", path, place.file_system.network_kind),
                             "locks and a crash between two writes are not what baton relies on there",
                             fmt::format("findmnt -T {}", shell_word(place.path.native()))});
    }
    return found;
}

StateSeen observe_state(HostSubject& host) {
    struct stat st = {};
    const auto& path = host.paths.state;
    if (::stat(path.c_str(), &st) != 0) {
        if (errno == ENOENT) return {path}; // no site was ever registered
        throw errno_error(fmt::format("looking at {}", quote(path.native())));
    }
    return {path, st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0};
}

Findings judge_state(const StateSeen& seen) {
    if (seen.is_roots_alone) return {};
    const auto path = shell_word(seen.path.native());
    return {{fmt::format("others than root may write {}", quote(seen.path.native())),
             "who can replace the state of a site can make root do anything",
             fmt::format("chown root:root {} && chmod 0755 {}", path, path)}};
}

InotifySeen observe_inotify(HostSubject& /*host*/) {
    InotifySeen seen{.most_instances = number_in("/proc/sys/fs/inotify/max_user_instances"),
                     .most_watches = number_in("/proc/sys/fs/inotify/max_user_watches")};
    std::error_code error;
    const fs::directory_iterator allowed{"/proc/1/fd", error};
    if (error)
        throw Error{fmt::format("counting the inotify instances of PID 1: opening '/proc/1/fd': {}", error.message())};
    for (const auto& process : fs::directory_iterator{"/proc", error})
        if (is_roots_process(process.path())) add_process(process.path(), seen);
    return seen;
}

Findings judge_inotify(const InotifySeen& seen) {
    Findings found;
    if (seen.instances + k_spare_instances > seen.most_instances)
        found.push_back(scarce("fs.inotify.max_user_instances", seen.instances, seen.most_instances,
                               std::to_string(std::max<std::uint64_t>(
                                   2 * seen.instances, parse_number<std::uint64_t>(k_shipped_instances).value()))));
    if (seen.watches + k_spare_watches > seen.most_watches)
        found.push_back(scarce("fs.inotify.max_user_watches", seen.watches, seen.most_watches,
                               std::to_string(2 * std::max(seen.watches, k_spare_watches * 64))));
    return found;
}

/// As timedated does: STA_UNSYNC may have been set to keep the kernel from the hardware clock.
ClockSeen observe_clock(HostSubject& /*host*/) {
    constexpr long k_unknown_usec = 16'000'000; // NTP_PHASE_LIMIT of the kernel
    struct timex state = {};
    if (::adjtimex(&state) < 0) throw errno_error("asking the kernel about its clock");
    std::error_code error;
    return {fs::exists("/run/systemd/container", error), state.maxerror < k_unknown_usec};
}

Findings judge_clock(const ClockSeen& seen) {
    if (seen.is_of_container || seen.is_synchronized) return {};
    return {{"the clock is not synchronized",
             "a clock that is set ends a release's probation too early or too late, and history tells wrong times",
             "timedatectl set-ntp true"}};
}

KernelSeen observe_kernel(HostSubject& /*host*/) {
    constexpr auto k_hardlinks = "/proc/sys/fs/protected_hardlinks";
    struct utsname name = {};
    if (::uname(&name) < 0) throw errno_error("asking the kernel for its release");
    std::error_code error;
    return {name.release, fs::exists(k_hardlinks, error) ? std::optional{number_in(k_hardlinks)} : std::nullopt};
}

Findings judge_kernel(const KernelSeen& seen) {
    Findings found;
    if (!is_at_least(seen.release, 5, 6))
        found.push_back({fmt::format("the kernel is {}", seen.release),
                         "baton needs 5.6 or newer: openat2(2) keeps the import in the site's directory",
                         "apt-get install linux-image-amd64"});
    if (seen.protected_hardlinks == 0)
        found.push_back({"fs.protected_hardlinks is 0",
                         "an uploader can hard-link another user's file into a site's directory",
                         set_kernel_parameter("fs.protected_hardlinks", "1")});
    return found;
}

SystemdSeen observe_systemd(HostSubject& host) try {
    return {host.systemd().ask([](sd::Manager& manager) { return manager.version(); }), {}};
} catch (const Error& error) {
    SystemdSeen seen{.error = error.what()};
    if (error.kind() == error_kind::usage) seen.type = error.hint(); // asked with another environment than it has
    return seen;
}

Findings judge_systemd(const SystemdSeen& seen) {
    constexpr int k_oldest = 252; // Debian 12
    if (!seen.error.empty()) return {{seen.error, "nothing can be deployed, and nobody can tell what runs", seen.type}};
    if (seen.version >= k_oldest) return {};
    return {{fmt::format("systemd is {}", seen.version), "baton needs 252 or newer", "apt-get install systemd"}};
}

HelpersSeen observe_helpers(HostSubject& host) {
    const auto& units = host.units();
    HelpersSeen seen{.timer = units.active_state("baton-look.timer"),
                     .path = units.active_state("baton-look.path"),
                     .look = units.active_state("baton-look.service"),
                     .journal = host.paths.scope == sd::Scope::user ? sd::ActiveState::active // PID 1's
                                                                    : units.active_state("systemd-journald.service"),
                     .masked = masked_among(host.unit_files(),
                                            [](const std::string& unit) {
                                                return unit.starts_with("baton-look.") ||
                                                       (unit.starts_with("baton-") && unit.find("@.") != unit.npos);
                                            }),
                     .needs_reload = {}};
    if (host.paths.scope == sd::Scope::user && !is_some_site_up(host)) // they stop with the last site
        seen.timer = seen.path = sd::ActiveState::active;
    for (const std::string unit : {"baton-look.timer", "baton-look.path", "baton-look.service"})
        if (host.unit(unit).values.number("NeedDaemonReload") != 0) seen.needs_reload.push_back(unit);
    return seen;
}

Findings judge_helpers(const HelpersSeen& seen) {
    auto found = judge_masked(seen.masked);
    if (sd::is_down(seen.timer))
        found.push_back(down("baton-look.timer", seen.timer,
                             "an edit that a watch has missed, and a listener that is gone, stay unseen"));
    if (sd::is_down(seen.path))
        found.push_back(down("baton-look.path", seen.path, "an edit made during a daemon-reload waits for a minute"));
    if (seen.look == sd::ActiveState::failed)
        found.push_back({"baton-look.service has failed", "edits that the watches have missed stay unseen",
                         "systemctl restart baton-look.service"});
    if (seen.journal != sd::ActiveState::active)
        found.push_back(down("systemd-journald.service", seen.journal,
                             "what programs print is lost, and with it the evidence of a failure"));
    if (!seen.needs_reload.empty())
        found.push_back({fmt::format("the file of {} has changed since systemd read it", seen.needs_reload.front()),
                         "the change is not in effect", "systemctl daemon-reload"});
    return found;
}

std::string user_without_linger(uid_t user) {
    const auto name = user_name(user);
    // loginctl(1) enable-linger makes the file, also for systemd-logind's next start.
    return fs::exists(fs::path{"/var/lib/systemd/linger"} / name) ? "" : name;
}

std::string observe_linger(HostSubject& host) {
    return site::Store::sites(host.paths.state).empty() ? "" : user_without_linger(host.paths.owner);
}

Findings judge_linger(const std::string& user) {
    if (user.empty()) return {};
    return {{fmt::format("{} does not linger", user), "the sites end at logout, and do not start at boot",
             fmt::format("loginctl enable-linger {}", user)}};
}

GeneratorSeen observe_generator(HostSubject& /*host*/) {
    constexpr std::array k_search_path{"/run/systemd/system-generators", "/etc/systemd/system-generators",
                                       "/usr/local/lib/systemd/system-generators", "/usr/lib/systemd/system-generators",
                                       "/lib/systemd/system-generators"};
    std::error_code error;
    for (const fs::path directory : k_search_path) {
        const auto path = directory / "baton-generator";
        if (fs::symlink_status(path, error).type() == fs::file_type::not_found) continue;
        return {path, fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0};
    }
    return {};
}

Findings judge_generator(const GeneratorSeen& seen) {
    constexpr auto k_why = "baton does not learn of a daemon-reload, and an edit made meanwhile waits for a minute";
    if (seen.path.empty()) return {{"baton-generator is missing", k_why, "meson install -C build"}};
    if (seen.can_run) return {};
    const auto path = seen.path.native();
    const bool hides = path.starts_with("/etc/") || path.starts_with("/run/");
    return {{fmt::format("{} cannot be executed", quote(path)), k_why,
             hides ? "rm " + path : fmt::format("chmod 0755 {}", path)}};
}

} // namespace baton::doctor
