// SPDX-License-Identifier: MIT
// Checks of a site's unit files: are they this baton's, has systemd read them, does the site start at boot?
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::doctor {

struct FilesSeen {
    std::string site;
    bool differ = false; ///< from what this baton would write
    bool is_up = true;   ///< the site: its start writes them
};
[[nodiscard]] FilesSeen observe_files(SiteSubject& site);
[[nodiscard]] Findings judge_files(const FilesSeen& seen);

/// A section of somebody's drop-in that systemd ignores, systemd.syntax(7).
struct IgnoredSection {
    std::filesystem::path drop_in;
    std::string section;   ///< "Servce"; empty: settings before any section
    std::string text = {}; ///< of the drop-in, for the command that mends it
    auto operator<=>(const IgnoredSection&) const = default;
};
[[nodiscard]] std::vector<IgnoredSection> ignored_sections(const SeenUnit& unit);

/// A unit that the site's requires, and that systemd cannot load.
struct LackedUnit {
    std::string unit;
    std::string load_state; ///< "not-found", "masked", "bad-setting"
    std::string type;       ///< the command that mends it
};
/// The settings by which a unit requires others, in the names of its properties too: its start fails without those.
inline constexpr std::array<std::string_view, 3> k_requiring{"Requires", "BindsTo", "Requisite"};
/// Loads `lacked`, or deletes from the drop-ins of `unit` that it is required.
[[nodiscard]] std::string without_lack(const SeenUnit& unit, std::string_view lacked, std::string_view load_state);

/// What systemd has loaded of one unit.
struct LoadedSeen {
    std::string unit;
    std::string load_state;
    std::string fragment;                             ///< the file that it has read
    std::string expected;                             ///< the one that baton has written
    bool needs_reload = false;                        ///< the files have changed since
    std::vector<std::filesystem::path> no_files = {}; ///< drop-ins that are directories, or links that lead nowhere
    std::vector<IgnoredSection> ignored = {};
    std::vector<LackedUnit> lacked = {};
};
[[nodiscard]] std::vector<LoadedSeen> observe_loaded(SiteSubject& site);
[[nodiscard]] Findings judge_loaded(const std::vector<LoadedSeen>& units);

struct BootSeen {
    std::string site;
    std::string unit;
    std::string file_state; ///< UnitFileState=; empty: it has no unit file
};
[[nodiscard]] BootSeen observe_boot(SiteSubject& site);
[[nodiscard]] Findings judge_boot(const BootSeen& seen);

/// A unit that is masked on disk.
struct MaskedSeen {
    std::string unit;
    bool is_until_boot = false; ///< systemctl mask --runtime
};
/// Those of the unit files that are masked, and are one of those.
[[nodiscard]] std::vector<MaskedSeen> masked_among(const std::map<std::string, std::string>& unit_files,
                                                   const std::function<bool(const std::string&)>& is_one);
/// The site's units, and baton's helpers for it.
[[nodiscard]] std::vector<MaskedSeen> observe_masked(SiteSubject& site);
[[nodiscard]] Findings judge_masked(const std::vector<MaskedSeen>& units);

/// The programs that the site's units run, by the units' own text.
struct ProgramSeen {
    std::string path;
    bool can_run = true;
};
[[nodiscard]] std::vector<ProgramSeen> observe_programs(SiteSubject& site);
[[nodiscard]] Findings judge_programs(const std::vector<ProgramSeen>& programs);

} // namespace baton::doctor
