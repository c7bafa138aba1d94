// SPDX-License-Identifier: MIT
#include "deploy/units/unit_settings.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "deploy/units/drop_in.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace fs = std::filesystem;

namespace {

/// The unit itself, its template, and for a listener SITE@ADDRESS.socket the site's first one.
std::vector<std::string> names_of(std::string_view unit) {
    std::vector<std::string> names{std::string{unit}};
    const auto at = unit.find('@');
    const auto suffix = unit.rfind('.');
    if (at == unit.npos || suffix == unit.npos || suffix <= at + 1) return names;
    const auto site = std::string{unit.substr(0, at)};
    names.push_back(site + "@" + std::string{unit.substr(suffix)});
    if (unit.substr(suffix) == ".socket") names.push_back(first_listener_unit(site));
    return names;
}

/// Where people put drop-ins, in systemd's order: a file hides one of the same name in a later directory.
std::vector<fs::path> directories_of(const Paths& paths) {
    std::vector<fs::path> directories;
    if (!paths.etc_units.empty() && paths.etc_units != paths.units) directories.push_back(paths.etc_units);
    directories.push_back(paths.runtime_units()); // systemctl edit --runtime
    directories.push_back(paths.units);
    return directories;
}

bool is_others(const fs::path& file) {
    std::error_code error; // what nobody may see may be a file
    const auto type = fs::status(file, error).type();
    if (type == fs::file_type::directory || type == fs::file_type::not_found) return false; // sets nothing
    return file.extension() == ".conf" && file.filename() != k_drop_in && file.filename() != k_last_drop_in;
}

/// A mask: a link to /dev/null, or an empty file; null_or_empty_path() of systemd.
bool is_null_or_empty(const fs::path& unit) {
    std::error_code error; // such as a link that leads nowhere
    const auto type = fs::status(unit, error).type();
    return type == fs::file_type::character || (type == fs::file_type::regular && fs::file_size(unit, error) == 0);
}

std::vector<fs::path> others_in(const fs::path& directory) {
    std::vector<fs::path> found;
    std::error_code error; // most units have none
    for (const auto& entry : fs::directory_iterator{directory, error})
        if (is_others(entry.path())) found.push_back(entry.path());
    return found;
}

} // namespace

std::vector<fs::path> others_drop_ins(const Paths& paths, std::string_view unit) {
    std::vector<fs::path> found;
    for (const auto& directory : directories_of(paths))
        for (const auto& name : names_of(unit))
            for (auto& path : others_in(directory / (name + ".d")))
                found.push_back(std::move(path));
    std::sort(found.begin(), found.end());
    return found;
}

std::map<std::string, std::string> unit_file_states(const Paths& paths) {
    std::map<std::string, std::string> states;
    std::error_code error; // a missing directory has none
    const auto note = [&](const fs::path& unit, std::string_view state, bool is_until_boot) {
        states.emplace(unit.filename(), fmt::format("{}{}", state, is_until_boot ? "-runtime" : ""));
    };
    for (const auto& directory : directories_of(paths)) {
        const bool is_until_boot = directory == paths.runtime_units();
        for (const auto& entry : fs::directory_iterator{directory, error})
            if (is_null_or_empty(entry.path())) note(entry.path(), "masked", is_until_boot);
    }
    for (const auto& directory : directories_of(paths))
        for (const auto& entry : fs::directory_iterator{directory, error})
            if (const auto kind = entry.path().extension(); kind == ".wants" || kind == ".requires")
                for (const auto& link : fs::directory_iterator{entry.path(), error})
                    note(link.path(), "enabled", directory == paths.runtime_units());
    return states;
}

std::string shared_listener_settings(const Paths& paths, std::string_view site) {
    std::map<std::string, fs::path> files;
    for (const auto& directory : directories_of(paths))
        for (const auto& path : others_in(directory / (first_listener_unit(site) + ".d")))
            files.emplace(path.filename().native(), path);
    std::string text;
    for (const auto& [name, path] : files)
        text += fmt::format("\n# {}\n{}\n", printable(path.native()), drop_in_text(path));
    return text;
}

ListenerDropIns listener_drop_ins(const Paths& paths) {
    ListenerDropIns found;
    std::error_code error; // a missing directory has none
    for (const auto& directory : directories_of(paths))
        for (const auto& entry : fs::directory_iterator{directory, error}) {
            auto unit = entry.path().stem().native(); // without ".d"
            if (entry.path().extension() == ".d" && unit.ends_with(".socket") && unit.find('@') != unit.npos)
                found.emplace(std::move(unit), entry.path());
        }
    return found;
}

std::vector<fs::path> drop_ins_of_other_listeners(const ListenerDropIns& directories, std::string_view site,
                                                  const std::vector<std::string>& units) {
    std::vector<fs::path> found;
    const auto prefix = std::string{site} + "@";
    for (auto it = directories.lower_bound(prefix); it != directories.end() && it->first.starts_with(prefix); ++it) {
        const auto& [unit, directory] = *it;
        if (unit == moved_listener_template_unit(site) || std::find(units.begin(), units.end(), unit) != units.end())
            continue;
        for (auto& path : others_in(directory))
            found.push_back(std::move(path));
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string settings_digest(const Paths& paths, std::string_view site, const site::SiteRecord& record,
                            const std::vector<site::Address>& addresses) {
    auto drop_ins = others_drop_ins(paths, release_template_unit(site));
    for (const auto& listener : listener_units(site, record, addresses))
        for (auto& drop_in : others_drop_ins(paths, listener)) // the same of several listeners counts once
            if (std::find(drop_ins.begin(), drop_ins.end(), drop_in) == drop_ins.end())
                drop_ins.push_back(std::move(drop_in));
    if (drop_ins.empty() && !record.idle_exit) return {};
    Sha256 digest;
    if (record.idle_exit) digest.update(fmt::format("idle exit {}\n", record.idle_exit->count()));
    for (const auto& path : drop_ins) {
        const auto text = drop_in_text(path);
        digest.update(fmt::format("{}\n{}\n{}\n", path.native(), text.size(), text));
    }
    return digest.hex();
}

} // namespace baton::deploy
