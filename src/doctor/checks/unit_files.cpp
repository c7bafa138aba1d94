// SPDX-License-Identifier: MIT
#include "doctor/checks/unit_files.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace baton::doctor {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_unit_limit_bytes = 256UL * 1024;

std::vector<LackedUnit> lacked_by(const SeenUnit& unit, HostSubject& host) {
    std::vector<LackedUnit> lacked;
    for (const auto setting : k_requiring)
        for (const auto& required : unit.values.list(setting))
            // To ask for each takes long: every unit requires its slice, and each site has its own.
            if (const auto state = host.units().is_active(required) ? "loaded" : host.load_state(required);
                state != "loaded")
                lacked.push_back({required, state, without_lack(unit, required, state)});
    return lacked;
}

void add_loaded(std::vector<LoadedSeen>& seen, const SeenUnit& unit, const fs::path& expected, HostSubject& host) {
    std::vector<fs::path> no_files;
    std::error_code error; // what nobody may see may be a file
    for (const fs::path drop_in : unit.values.list("DropInPaths"))
        if (const auto type = fs::status(drop_in, error).type();
            type == fs::file_type::directory || (type == fs::file_type::not_found && fs::is_symlink(drop_in, error)))
            no_files.push_back(drop_in);
    seen.push_back({unit.name, unit.values.text("LoadState"), unit.values.text("FragmentPath"), expected.native(),
                    unit.values.number("NeedDaemonReload") != 0, std::move(no_files), ignored_sections(unit),
                    lacked_by(unit, host)});
    for (auto& ignored : seen.back().ignored)
        ignored.text = deploy::drop_in_text(ignored.drop_in);
}

Finding told(const IgnoredSection& ignored, std::string_view unit) {
    const auto path = quote(ignored.drop_in.native());
    const auto what = ignored.section.empty() ? fmt::format("{} has settings before its first section", path)
                                              : fmt::format("{} has a section [{}], which {} cannot have", path,
                                                            printable(ignored.section), unit);
    const auto type = sd::unit_type(unit);
    const std::array<std::string_view, 3> known{"Unit", type, "Install"};
    const bool is_word = std::all_of(ignored.section.begin(), ignored.section.end(),
                                     [](unsigned char c) { return std::isalpha(c) != 0; }); // for sed and the shell
    const auto meant = is_word ? did_you_mean(ignored.section, known) : std::string_view{};
    return {what, "systemd ignores its settings",
            meant.empty()
                ? fmt::format("editor {}", shell_word(ignored.drop_in.native()))
                : with_replaced(ignored.drop_in, ignored.text, ignored.section, meant) + " && systemctl daemon-reload"};
}

} // namespace

FilesSeen observe_files(SiteSubject& site) {
    std::optional<site::Manifest> live;
    if (const auto number = site.store.live()) {
        if (::geteuid() != site.host.paths.owner)
            throw Error{"comparing the unit files with the live release: it needs root"};
        live = site.store.manifest(*number);
    }
    const auto needed = deploy::needed_units(site.store, site.record, live ? &*live : nullptr,
                                             deploy::held_sockets(site.name(), site.record, site.host.units()));
    return {site.name(), deploy::units_differ(site.host.paths, needed), sd::is_up(site.report().handle_state)};
}

Findings judge_files(const FilesSeen& seen) {
    if (!seen.differ || !seen.is_up) return {};
    return {{fmt::format("the unit files of {} are not those of this version of baton", seen.site),
             "somebody has changed them, or baton has been upgraded since they were written",
             fmt::format("systemctl reload {}", seen.site)}};
}

std::vector<IgnoredSection> ignored_sections(const SeenUnit& unit) {
    const auto type = sd::unit_type(unit.name);
    std::vector<IgnoredSection> ignored;
    for (const auto& drop_in : unit.drop_ins)
        for (const auto& setting : drop_in.settings) {
            const auto& section = setting.section;
            const bool is_read = section == "Unit" || section == type || section == "Install";
            const IgnoredSection found{drop_in.path, section};
            if (!is_read && !section.starts_with("X-") && (ignored.empty() || ignored.back() != found))
                ignored.push_back(found);
        }
    return ignored;
}

std::string without_lack(const SeenUnit& unit, std::string_view lacked, std::string_view load_state) {
    const auto name = shell_word(lacked);
    if (load_state == "masked") return fmt::format("systemctl unmask {0} && systemctl unmask --runtime {0}", name);
    if (load_state != "not-found") return fmt::format("systemd-analyze verify {}", name);
    const deploy::DropIn* other = nullptr; // it may have a specifier in place of the name: "Requires=%p-db.service"
    for (const auto& drop_in : unit.drop_ins)
        for (const auto setting : k_requiring) {
            const auto& settings = drop_in.settings;
            const auto is_it = [&](const deploy::Setting& it) { return it.name == setting && it.value == lacked; };
            const auto is_more = [&](const deploy::Setting& it) { return it.name == setting && it.value != lacked; };
            const bool has_more = std::any_of(settings.begin(), settings.end(), is_more);
            if (!has_more && std::any_of(settings.begin(), settings.end(), is_it))
                return without_setting(setting, drop_in.path) + " && systemctl daemon-reload";
            if (has_more) other = &drop_in;
        }
    if (other == nullptr) return fmt::format("systemctl list-dependencies {}", unit.name);
    return fmt::format("editor {} && systemctl daemon-reload", shell_word(other->path.native()));
}

std::vector<LoadedSeen> observe_loaded(SiteSubject& site) {
    std::vector<LoadedSeen> seen;
    const auto& units = site.host.paths.units;
    const auto& name = site.name();
    add_loaded(seen, site.handle(), units / deploy::handle_unit(name), site.host);
    add_loaded(seen, site.watch(), units / deploy::path_unit(name), site.host);
    add_loaded(seen, site.release_unit(), units / deploy::release_template_unit(name), site.host);
    for (const auto& socket : site.sockets())
        add_loaded(seen, socket,
                   units / (socket.name == deploy::first_listener_unit(name)
                                ? socket.name
                                : deploy::moved_listener_template_unit(name)),
                   site.host);
    return seen;
}

Findings judge_loaded(const std::vector<LoadedSeen>& units) {
    Findings found;
    std::string stale;
    std::set<IgnoredSection> ignored; // once, also of a drop-in for several units
    for (const auto& unit : units) {
        for (const auto& section : unit.ignored)
            if (ignored.insert(section).second) found.push_back(told(section, unit.unit));
        const bool is_bad = unit.load_state == "bad-setting" || unit.load_state == "error";
        // To systemd, the files of a bad unit have changed again after each daemon-reload.
        if (unit.needs_reload && unit.no_files.empty() && !is_bad) stale += (stale.empty() ? "" : ", ") + unit.unit;
        for (const auto& path : unit.no_files)
            found.push_back({fmt::format("{} is neither a file nor leads to one", quote(path.native())),
                             "to systemd, the unit's files have changed again after each daemon-reload",
                             fmt::format("rm -d {} && systemctl daemon-reload", shell_word(path.native()))});
        if (unit.load_state == "loaded" && unit.fragment != unit.expected)
            found.push_back({fmt::format("{} is read from {}", unit.unit, quote(unit.fragment)),
                             "it hides baton's own, and stays as it is when baton is upgraded",
                             fmt::format("rm {} && systemctl daemon-reload", shell_word(unit.fragment))});
        for (const auto& lacked : unit.lacked)
            found.push_back({fmt::format("{} requires {}, which systemd cannot load ({})", unit.unit,
                                         printable(lacked.unit), lacked.load_state),
                             "its next start fails", lacked.type});
        if (is_bad)
            found.push_back({fmt::format("systemd cannot load {} ({})", unit.unit, unit.load_state),
                             "it does not start any more",
                             fmt::format("systemd-analyze verify {} && systemctl daemon-reload", unit.unit)});
    }
    if (!stale.empty())
        found.push_back({fmt::format("the files of {} have changed since systemd read them", stale),
                         "the changes are not in effect", "systemctl daemon-reload"});
    return found;
}

BootSeen observe_boot(SiteSubject& site) {
    const auto& states = site.host.unit_files();
    const auto unit = deploy::handle_unit(site.name());
    const auto found = states.find(unit);
    if (found != states.end()) return {site.name(), unit, found->second};
    std::error_code error; // what cannot be seen, another check tells
    return {site.name(), unit, fs::exists(site.host.paths.units / unit, error) ? "disabled" : ""};
}

Findings judge_boot(const BootSeen& seen) {
    if (seen.file_state != "disabled" && seen.file_state != "enabled-runtime") return {};
    return {{fmt::format("{} is {}", seen.unit, seen.file_state), "the site is down after the next boot",
             fmt::format("systemctl enable {}", seen.unit)}};
}

std::vector<MaskedSeen> masked_among(const std::map<std::string, std::string>& unit_files,
                                     const std::function<bool(const std::string&)>& is_one) {
    std::vector<MaskedSeen> masked;
    for (const auto& [unit, state] : unit_files)
        if ((state == "masked" || state == "masked-runtime") && is_one(unit))
            masked.push_back({unit, state == "masked-runtime"});
    return masked;
}

std::vector<MaskedSeen> observe_masked(SiteSubject& site) {
    return masked_among(site.host.unit_files(),
                        [&](const std::string& unit) { return deploy::is_of_site(site.name(), unit); });
}

Findings judge_masked(const std::vector<MaskedSeen>& units) {
    Findings found;
    for (const auto& [unit, is_until_boot] : units)
        found.push_back({fmt::format("{} is masked", unit), "systemd does not start it",
                         fmt::format("systemctl unmask {}{}", is_until_boot ? "--runtime " : "", shell_word(unit))});
    return found;
}

std::vector<ProgramSeen> observe_programs(SiteSubject& site) {
    std::vector<ProgramSeen> programs;
    const auto& name = site.name();
    for (const auto& unit : {deploy::handle_unit(name), deploy::release_template_unit(name)})
        for (const auto& setting :
             deploy::parse_settings(read_file(site.host.paths.units / unit, k_unit_limit_bytes).value_or(""))) {
            if (!setting.name.starts_with("Exec")) continue;
            const auto begin = setting.value.find('/');
            if (begin == std::string::npos) continue;
            auto path = setting.value.substr(begin, setting.value.find(' ', begin) - begin);
            if (std::none_of(programs.begin(), programs.end(), [&](const auto& it) { return it.path == path; }))
                programs.push_back({path, ::access(path.c_str(), X_OK) == 0});
        }
    return programs;
}

Findings judge_programs(const std::vector<ProgramSeen>& programs) {
    Findings found;
    for (const auto& program : programs)
        if (!program.can_run)
            found.push_back({fmt::format("{} cannot be executed", quote(program.path)),
                             "the site's units run it; it is missing, or its file system is mounted noexec",
                             "meson install -C build"});
    return found;
}

} // namespace baton::doctor
