// SPDX-License-Identifier: MIT
#include "doctor/checks/rules.hpp"

#include "base/text.hpp"
#include "deploy/units/unit_names.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <span>

namespace baton::doctor {

using namespace std::chrono_literals;
using sd::UnitValues;
namespace {

/// One setting. `is_wrong` sees the unit as systemd has loaded it; a property that this systemd does not have is fine.
struct Rule {
    std::string_view setting; ///< its name in a unit file
    std::string_view good;    ///< baton's value, to write where no drop-in of the site can be corrected; empty: none
    bool (*is_wrong)(const UnitSeen& seen);
    std::string_view why;
    bool is_list = false; ///< what is wrong is an empty value, which takes away what baton has set
};

// ---- conditions -------------------------------------------------------------------------------------------------

template <std::size_t Size>
struct Word { // a text as a template argument
    char text[Size];
    constexpr Word(const char (&from)[Size]) { std::copy_n(from, Size, text); } // NOLINT: implicit on purpose
    [[nodiscard]] constexpr std::string_view view() const { return {text, Size - 1}; }
};

/// The property is a text, and none of these.
template <Word Property, Word... Good>
bool is_none_of(const UnitSeen& seen) {
    const auto& texts = seen.unit.values.texts;
    const auto found = texts.find(Property.view());
    return found != texts.end() && ((found->second != Good.view()) && ...);
}

/// The property is a number, and another.
template <Word Property, std::uint64_t Good>
bool is_not(const UnitSeen& seen) {
    const auto& numbers = seen.unit.values.numbers;
    const auto found = numbers.find(Property.view());
    return found != numbers.end() && found->second != Good;
}

/// A drop-in of this very unit or its template; one for all services of the host is somebody else's business.
bool is_of_site(const deploy::DropIn& drop_in, const UnitSeen& seen) {
    const auto directory = drop_in.path.parent_path().filename().native();
    return directory == seen.unit.name + ".d" || directory == seen.template_unit + ".d";
}

/// A drop-in sets it, whatever the value: baton needs its own.
template <Word Name>
bool is_set(const UnitSeen& seen) {
    return std::any_of(seen.unit.drop_ins.begin(), seen.unit.drop_ins.end(), [&](const deploy::DropIn& drop_in) {
        return is_of_site(drop_in, seen) && drop_in.find(Name.view()) != nullptr;
    });
}

/// The last drop-in that takes away all that baton has set: "SystemCallFilter=" without a value. Null: none does.
const deploy::DropIn* last_reset(const UnitSeen& seen, std::string_view setting) {
    const auto& drop_ins = seen.unit.drop_ins;
    const auto found = std::find_if(drop_ins.rbegin(), drop_ins.rend(), [&](const deploy::DropIn& drop_in) {
        return std::any_of(drop_in.settings.begin(), drop_in.settings.end(),
                           [&](const deploy::Setting& it) { return it.name == setting && it.value.empty(); });
    });
    return found == drop_ins.rend() ? nullptr : &*found;
}

template <Word Name>
bool is_reset(const UnitSeen& seen) {
    return last_reset(seen, Name.view()) != nullptr;
}

/// A drop-in of the site sets it to no, though DynamicUser= keeps systemd from heeding that; systemd.exec(5).
template <Word Name>
bool is_refused(const UnitSeen& seen) {
    const auto* const drop_in = last_with(seen.unit.drop_ins, Name.view());
    if (drop_in == nullptr || !is_of_site(*drop_in, seen)) return false;
    constexpr std::array<std::string_view, 6> k_no{"no", "n", "false", "f", "off", "0"};
    return std::find(k_no.begin(), k_no.end(), *drop_in->find(Name.view())) != k_no.end();
}

/// The property is another number than `Good`, or would be without DynamicUser=.
template <Word Name, std::uint64_t Good>
bool is_not_kept(const UnitSeen& seen) {
    return is_not<Name, Good>(seen) || is_refused<Name>(seen);
}

bool is_system_writable(const UnitSeen& seen) {
    return is_none_of<"ProtectSystem", "strict">(seen) || is_refused<"ProtectSystem">(seen);
}

std::chrono::microseconds time_of(const UnitValues& values, std::string_view property) {
    constexpr auto k_most = static_cast<std::uint64_t>(std::chrono::microseconds::max().count());
    return std::chrono::microseconds{static_cast<std::int64_t>(std::min(values.number(property), k_most))};
}

constexpr auto k_shortest_drain = 30s; // the examples keep idle connections for 10 s; a proxy's usual drain takes 30 s
constexpr std::uint64_t k_infinity = ~std::uint64_t{0};

bool is_stop_short(const UnitSeen& seen) {
    return time_of(seen.unit.values, "TimeoutStopUSec") < k_shortest_drain;
}

/// zz-baton.conf overrules what is only in a drop-in.
bool is_restart_set(const UnitSeen& seen) {
    return is_none_of<"Restart", "no">(seen) || is_set<"Restart">(seen);
}

bool is_user_another(const UnitSeen& seen) {
    const auto user = seen.unit.values.text("User");
    return !user.empty() && user != site::user_name(seen.site);
}

/// Where baton finds no line of the release. After an upgrade, the units are those of the older baton for a while.
bool is_slice_another(const UnitSeen& seen) {
    const auto slice = seen.unit.values.text("Slice");
    return !slice.empty() && slice != deploy::site_slice(seen.site, sd::Scope::system) &&
           slice != deploy::old_release_slice(seen.site, sd::Scope::system);
}

/// Whether systemd starts none of our helpers in that event.
template <Word Property, Word Prefix>
bool lacks_helper(const UnitSeen& seen) {
    const auto units = seen.unit.values.list(Property.view());
    return std::none_of(units.begin(), units.end(),
                        [](const std::string& unit) { return unit.starts_with(Prefix.view()); });
}

/// journald keeps 10,000 lines in 30 s of a unit, journald.conf(5). Zero means that nothing is set, also if it is set:
/// systemd 252 passes journald only other values.
bool is_access_log_limited(const UnitSeen& seen) {
    const auto environment = seen.unit.values.list("Environment");
    const bool logs = std::find(environment.begin(), environment.end(), "BATON_ACCESS_LOG=1") != environment.end();
    return logs && seen.unit.values.number("LogRateLimitIntervalUSec") == 0;
}

bool is_restart_killed_otherwise(const UnitSeen& seen) {
    return is_set<"RestartKillSignal">(seen) && is_not<"RestartKillSignal", SIGTERM>(seen);
}

/// How long the longest of the property's paths is that `path` is or is in; zero: it is in none.
std::size_t cover(const UnitSeen& seen, std::string_view property, const std::filesystem::path& path) {
    std::size_t longest = 0;
    for (const auto& word : seen.unit.values.list(property)) {
        const std::filesystem::path covering{word.substr(std::min(word.find('/'), word.size()))}; // without "-", "+"
        const auto [end, rest] = std::mismatch(covering.begin(), covering.end(), path.begin(), path.end());
        if (end == covering.end()) longest = std::max(longest, covering.native().size());
    }
    return longest;
}

/// Baton's ReadWritePaths= are gone, and nobody has set others that include all that the handle writes.
bool is_write_taken(const UnitSeen& seen) {
    return is_reset<"ReadWritePaths">(seen) &&
           std::any_of(seen.written.begin(), seen.written.end(),
                       [&](const auto& path) { return cover(seen, "ReadWritePaths", path) == 0; });
}

/// The property has a path that counts more than those which the handle may write: of two, the longer one counts.
template <Word Property>
bool is_write_denied(const UnitSeen& seen) {
    return std::any_of(seen.written.begin(), seen.written.end(), [&](const auto& path) {
        const auto denied = cover(seen, Property.view(), path);
        return denied != 0 && denied >= cover(seen, "ReadWritePaths", path);
    });
}

// ---- the tables -------------------------------------------------------------------------------------------------

constexpr std::string_view k_root = "the program may become root, or act as root";
constexpr std::string_view k_writes =
    "the program may write files of the host, and a release is no longer what was deployed";
constexpr std::string_view k_sees = "the program sees more of the host than it needs";
constexpr std::string_view k_kernel = "the program may reach more of the kernel than it needs";
constexpr std::string_view k_lost = "the drain fails: requests are lost at each deploy";
constexpr std::string_view k_writes_nothing =
    "the deploy engine can write its state or its units no longer: starts, deploys and edits fail";
constexpr std::string_view k_stays = "a release that hangs stays for ever";

constexpr Rule k_sandbox[]{
    {"NoNewPrivileges", "yes", is_not_kept<"NoNewPrivileges", 1>, k_root},
    {"DynamicUser", "yes", is_not<"DynamicUser", 1>, k_root},
    {"User", "", is_user_another, k_root},
    {"CapabilityBoundingSet", "", is_not<"CapabilityBoundingSet", 0>, k_root},
    {"AmbientCapabilities", "", is_not<"AmbientCapabilities", 0>, k_root},
    {"RestrictSUIDSGID", "yes", is_not_kept<"RestrictSUIDSGID", 1>, k_root},
    {"RestrictNamespaces", "yes", is_not<"RestrictNamespaces", 0>, k_kernel},
    {"ProtectSystem", "strict", is_system_writable, k_writes},
    {"ProtectHome", "tmpfs", is_none_of<"ProtectHome", "tmpfs", "yes">, k_sees},
    {"PrivateTmp", "yes", is_not_kept<"PrivateTmp", 1>, k_sees},
    {"PrivateDevices", "yes", is_not<"PrivateDevices", 1>, k_kernel},
    {"ProtectProc", "invisible", is_none_of<"ProtectProc", "invisible", "noaccess", "ptraceable">, k_sees},
    {"ProtectKernelTunables", "yes", is_not<"ProtectKernelTunables", 1>, k_kernel},
    {"ProtectKernelModules", "yes", is_not<"ProtectKernelModules", 1>, k_kernel},
    {"ProtectKernelLogs", "yes", is_not<"ProtectKernelLogs", 1>, k_kernel},
    {"ProtectControlGroups", "yes", is_not<"ProtectControlGroups", 1>, k_kernel},
    {"ProtectClock", "yes", is_not<"ProtectClock", 1>, k_kernel},
    {"ProtectHostname", "yes", is_not<"ProtectHostname", 1>, k_kernel},
    {"RestrictRealtime", "yes", is_not<"RestrictRealtime", 1>, k_kernel},
    {"LockPersonality", "yes", is_not<"LockPersonality", 1>, k_kernel},
    {"SystemCallFilter", "", is_reset<"SystemCallFilter">, k_kernel, true},
    {"RestrictAddressFamilies", "", is_reset<"RestrictAddressFamilies">, k_kernel, true},
    {"SystemCallArchitectures", "", is_reset<"SystemCallArchitectures">, k_kernel, true},
};

constexpr Rule k_drain[]{
    {"KillMode", "mixed", is_none_of<"KillMode", "mixed">, k_lost},
    {"KillSignal", "SIGTERM", is_not<"KillSignal", SIGTERM>, k_lost},
    {"RestartKillSignal", "SIGTERM", is_restart_killed_otherwise, k_lost},
    {"SendSIGHUP", "no", is_not<"SendSIGHUP", 0>, k_lost},
    {"SendSIGKILL", "yes", is_not<"SendSIGKILL", 1>, k_stays},
    {"FinalKillSignal", "SIGKILL", is_not<"FinalKillSignal", SIGKILL>, k_stays},
    {"TimeoutStopSec", "90s", is_stop_short,
     "it is shorter than 30 s: requests that take longer are cut at each deploy"},
    {"RuntimeMaxSec", "infinity", is_not<"RuntimeMaxUSec", k_infinity>,
     "it ends the live release, and no other has taken over by then"},
};

constexpr Rule k_release[]{
    {"Restart", "", is_restart_set, "baton restarts a release itself, and could see no failure if systemd did"},
    {"RestartForceExitStatus", "", is_set<"RestartForceExitStatus">,
     "baton restarts a release itself, and could see no failure if systemd did"},
    {"RemainAfterExit", "", is_set<"RemainAfterExit">, "an ended release would count as up"},
    {"StartLimitIntervalSec", "", is_set<"StartLimitIntervalSec">,
     "a start limit, once hit, takes the listening socket with it"},
    {"StartLimitBurst", "", is_set<"StartLimitBurst">, "a start limit, once hit, takes the listening socket with it"},
    {"Type", "notify", is_none_of<"Type", "notify", "notify-reload", "exec">,
     "systemd cannot tell when the release is up"},
    {"NotifyAccess", "main", is_none_of<"NotifyAccess", "main", "all", "exec">, "systemd hears no READY=1"},
    {"ExecStart", "", is_set<"ExecStart">, "baton-exec does not run: no preflight, and Args and Env have no effect"},
    {"EnvironmentFile", "", is_reset<"EnvironmentFile">, "baton-exec does not learn which program to run", true},
    {"RuntimeDirectory", "", is_reset<"RuntimeDirectory">, "there is no directory for the release's private socket",
     true},
    {"Slice", "", is_slice_another, "baton no longer recognizes its log"},
    {"OnFailure", "", lacks_helper<"OnFailure", "baton-rollback@">, "a failing release is not rolled back at once",
     true},
    {"OnSuccess", "", lacks_helper<"OnSuccess", "baton-ended@">,
     "a live release that exits is not started again at once", true},
    {"FailureAction", "none", is_none_of<"FailureAction", "none", "">, "a release that fails takes the host with it"},
    {"SuccessAction", "none", is_none_of<"SuccessAction", "none", "">, "a release that ends takes the host with it"},
    {"LogRateLimitIntervalSec", "1ms", is_access_log_limited,
     "the access log loses lines above 333 a second (BATON_ACCESS_LOG=1 is set)"},
};

constexpr Rule k_handle[]{
    {"Type", "oneshot", is_none_of<"Type", "oneshot">, "baton cannot run its deploys"},
    {"ExecStart", "", is_set<"ExecStart">, "a start of the site does not start it"},
    {"ExecReload", "", is_set<"ExecReload">, "a reload, and so an edit, is no deploy"},
    {"ExecStopPost", "", is_reset<"ExecStopPost">, "a stop of the site leaves its releases and listeners", true},
    {"RemainAfterExit", "yes", is_not<"RemainAfterExit", 1>, "the site stops as soon as it has started"},
    {"Restart", "no", is_none_of<"Restart", "no">, "the site starts again after a stop"},
    {"TimeoutStartSec", "infinity", is_not<"TimeoutStartUSec", k_infinity>,
     "a deploy that takes longer is killed halfway, for example one that waits for an upload"},
    {"NoNewPrivileges", "yes", is_not<"NoNewPrivileges", 1>, "the deploy engine has more rights than it needs"},
    {"ProtectSystem", "strict", is_none_of<"ProtectSystem", "strict">,
     "the deploy engine has more rights than it needs"},
    {"ProtectHome", "read-only", is_none_of<"ProtectHome", "read-only">,
     "the deploy engine sees other home directories than baton expects"},
    {"User", "", is_none_of<"User", "", "root">, "the deploy engine needs root"},
    {"ReadWritePaths", "", is_write_taken, k_writes_nothing, true},
    {"ReadOnlyPaths", "", is_write_denied<"ReadOnlyPaths">, k_writes_nothing},
    {"InaccessiblePaths", "", is_write_denied<"InaccessiblePaths">, k_writes_nothing},
};

constexpr Rule k_watch[]{
    {"Unit", "", is_set<"Unit">, "an edit starts something else"},
    {"PathChanged", "", is_reset<"PathChanged">, "edits of watch.conf go unseen", true},
    {"TriggerLimitIntervalSec", "0", is_not<"TriggerLimitIntervalUSec", 0>,
     "many edits in a short time end the watch for good"},
    {"StartLimitIntervalSec", "0", is_not<"StartLimitIntervalUSec", 0>,
     "a start limit, once hit, ends the watch for good"},
};

constexpr Rule k_socket[]{
    {"ReusePort", "no", is_not<"ReusePort", 0>,
     "connections that wait in the queue of a release are lost when it leaves: half of them, in our tests"},
    {"Accept", "no", is_not<"Accept", 0>, "systemd starts a service for each connection, and no release serves"},
    {"FlushPending", "no", is_not<"FlushPending", 0>, "connections that wait for a release are thrown away"},
    {"Service", "", is_set<"Service">, "a connection starts something else"},
    {"TriggerLimitIntervalSec", "0", is_not<"TriggerLimitIntervalUSec", 0>,
     "a release that fails again and again takes the listening socket with it"},
    {"StartLimitIntervalSec", "0", is_not<"StartLimitIntervalUSec", 0>,
     "a start limit, once hit, takes the listening socket for good"},
};

// ---- from a broken rule to a finding ----------------------------------------------------------------------------

std::string_view section_of(std::string_view setting, std::string_view unit) {
    constexpr std::string_view k_of_unit[]{
        "OnFailure", "OnSuccess", "FailureAction", "SuccessAction", "StartLimitIntervalSec", "StartLimitBurst"};
    if (std::find(std::begin(k_of_unit), std::end(k_of_unit), setting) != std::end(k_of_unit)) return "Unit";
    return unit.ends_with(".socket") ? "Socket" : unit.ends_with(".path") ? "Path" : "Service";
}

std::string written(std::string_view setting, std::string_view value, const UnitSeen& seen) {
    const auto directory = fmt::format("{}/{}.d", seen.drop_ins.native(), seen.template_unit);
    return fmt::format("mkdir -p {0} && printf '%s\\n' '[{1}]' '{2}={3}' >{0}/zz-doctor-{2}.conf",
                       shell_word(directory), section_of(setting, seen.unit.name), setting, value);
}

/// How a corrected unit takes effect.
std::string applied(const UnitSeen& seen) {
    const auto& unit = seen.unit.name;
    if (unit.ends_with(".path")) return fmt::format("systemctl restart {}", unit);
    if (unit.ends_with(".socket")) return fmt::format("systemctl stop {} && systemctl start {}", seen.site, seen.site);
    return unit == deploy::handle_unit(seen.site) ? std::string{} : fmt::format("systemctl reload {}", seen.site);
}

/// What takes the setting back, in the drop-in that has it; null: none has, so it is a default of this host.
std::string mended(const Rule& rule, const UnitSeen& seen, const deploy::DropIn* drop_in) {
    if (drop_in != nullptr && is_of_site(*drop_in, seen))
        return rule.is_list ? without_reset(rule.setting, drop_in->path) : without_setting(rule.setting, drop_in->path);
    const bool has_good = !rule.good.empty() || drop_in == nullptr;
    return has_good ? written(rule.setting, rule.good, seen)
                    : fmt::format("editor {}", shell_word(drop_in->path.native()));
}

Finding finding(const Rule& rule, const UnitSeen& seen) {
    const auto* const reset = rule.is_list ? last_reset(seen, rule.setting) : nullptr;
    const auto* const drop_in = reset != nullptr ? reset : last_with(seen.unit.drop_ins, rule.setting);
    std::vector<std::string> commands{mended(rule, seen, drop_in), "systemctl daemon-reload"};
    if (auto last = applied(seen); !last.empty()) commands.push_back(std::move(last));
    const auto where = drop_in == nullptr ? std::string{"a default of this host"} : quote(drop_in->path.native());
    const auto value = drop_in == nullptr || reset != nullptr ? "" : printable(*drop_in->find(rule.setting));
    const auto what = drop_in == nullptr
                          ? fmt::format("{}= of {} is not baton's, by {}", rule.setting, seen.unit.name, where)
                          : fmt::format("{}={} of {}", rule.setting, value, where);
    return {what, std::string{rule.why}, in_order(commands)};
}

Findings broken(std::span<const Rule> rules, const UnitSeen& seen) {
    Findings found;
    if (!seen.unit.is_loaded()) return found; // another check says so
    for (const auto& rule : rules)
        if (rule.is_wrong(seen)) found.push_back(finding(rule, seen));
    return found;
}

// ---- the handle's time to stop, which depends on that of the releases -------------------------------------------

constexpr auto k_handles_stop = 15min; // in site.service.in

/// As a unit file has it.
std::string time_text(std::chrono::microseconds time) {
    if (time == std::chrono::microseconds::max()) return "infinity";
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
    return seconds % 60 == 0 ? fmt::format("{}min", seconds / 60) : fmt::format("{}s", seconds);
}

/// A drop-in of the site is taken back. If baton's own value is too short as well, or it is not the site's, a longer
/// one is set.
Findings hurried(const UnitSeen& handle) {
    constexpr std::string_view k_setting = "TimeoutStopSec";
    const auto stop = time_of(handle.unit.values, "TimeoutStopUSec");
    if (!handle.unit.is_loaded() || stop >= handle.longest_stop) return {};
    const auto* const drop_in = last_with(handle.unit.drop_ins, k_setting);
    const bool can_edit = drop_in != nullptr && is_of_site(*drop_in, handle);
    std::vector<std::string> commands;
    if (can_edit) commands.push_back(without_setting(k_setting, drop_in->path));
    if (!can_edit || handle.longest_stop > k_handles_stop)
        commands.push_back(written(
            k_setting, time_text(std::max<std::chrono::microseconds>(handle.longest_stop, k_handles_stop)), handle));
    commands.emplace_back("systemctl daemon-reload");
    const auto what = drop_in == nullptr ? fmt::format("{}={} of {}", k_setting, time_text(stop), handle.unit.name)
                                         : fmt::format("{}={} of {}", k_setting, printable(*drop_in->find(k_setting)),
                                                       quote(drop_in->path.native()));
    return {{what,
             fmt::format("it is shorter than that of the releases ({}), which are killed before they have drained",
                         time_text(handle.longest_stop)),
             in_order(commands)}};
}

} // namespace

UnitSeen observe_release_unit(SiteSubject& site) {
    return {
        site.name(), site.release_unit(), deploy::release_template_unit(site.name()), site.host.paths.etc_units, {}};
}

UnitSeen observe_handle_unit(SiteSubject& site) {
    const auto& paths = site.host.paths;
    return {site.name(),
            site.handle(),
            deploy::handle_unit(site.name()),
            paths.etc_units,
            time_of(site.release_unit().values, "TimeoutStopUSec"),
            {paths.state / site.name(), paths.units, paths.etc_units, paths.runtime / "baton"}};
}

UnitSeen observe_watch_unit(SiteSubject& site) {
    return {site.name(), site.watch(), deploy::path_unit(site.name()), site.host.paths.etc_units, {}};
}

std::vector<UnitSeen> observe_socket_units(SiteSubject& site) {
    std::vector<UnitSeen> seen;
    for (const auto& socket : site.sockets()) {
        const auto first = deploy::first_listener_unit(site.name());
        seen.push_back({site.name(),
                        socket,
                        socket.name == first ? first : deploy::moved_listener_template_unit(site.name()),
                        site.host.paths.etc_units,
                        {}});
    }
    return seen;
}

Findings judge_sandbox(const UnitSeen& release) {
    return broken(k_sandbox, release);
}
Findings judge_drain(const UnitSeen& release) {
    return broken(k_drain, release);
}
Findings judge_release(const UnitSeen& release) {
    return broken(k_release, release);
}
Findings judge_handle_unit(const UnitSeen& handle) {
    auto found = broken(k_handle, handle);
    for (auto& one : hurried(handle))
        found.push_back(std::move(one));
    return found;
}
Findings judge_watch_unit(const UnitSeen& watch) {
    return broken(k_watch, watch);
}

Findings judge_socket_units(const std::vector<UnitSeen>& sockets) {
    Findings found;
    for (const auto& socket : sockets)
        for (auto& one : broken(k_socket, socket))
            found.push_back(std::move(one));
    return found;
}

} // namespace baton::doctor
