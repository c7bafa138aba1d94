// SPDX-License-Identifier: MIT
#include "deploy/units/unit_settings.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace fs = std::filesystem;

namespace {

/// The unit itself, and its template.
std::vector<std::string> names_of(std::string_view unit) {
    std::vector<std::string> names{std::string{unit}};
    const auto at = unit.find('@');
    const auto suffix = unit.rfind('.');
    if (at != unit.npos && suffix != unit.npos && suffix > at + 1)
        names.push_back(std::string{unit.substr(0, at + 1)} + std::string{unit.substr(suffix)});
    return names;
}

} // namespace

std::vector<fs::path> others_drop_ins(const Paths& paths, std::string_view unit) {
    std::vector<fs::path> found;
    std::error_code error;                                                 // most units have none
    std::vector<fs::path> directories{paths.units, paths.runtime_units()}; // systemctl edit --runtime
    if (!paths.etc_units.empty() && paths.etc_units != paths.units) directories.push_back(paths.etc_units);
    for (const auto& directory : directories)
        for (const auto& name : names_of(unit))
            for (const auto& entry : fs::directory_iterator{directory / (name + ".d"), error})
                if (entry.path().extension() == ".conf" && entry.path().filename() != k_drop_in &&
                    entry.path().filename() != k_last_drop_in)
                    found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::string settings_digest(const Paths& paths, std::string_view site, const site::SiteRecord& record,
                            const std::vector<site::Address>& addresses) {
    constexpr std::size_t k_limit_bytes = 256 * 1024;
    auto drop_ins = others_drop_ins(paths, release_template_unit(site));
    for (const auto& listener : listener_units(site, record, addresses))
        for (auto& drop_in : others_drop_ins(paths, listener))
            drop_ins.push_back(std::move(drop_in));
    if (drop_ins.empty()) return {};
    Sha256 digest;
    for (const auto& path : drop_ins) {
        const auto text = read_file(path, k_limit_bytes).value_or("");
        digest.update(fmt::format("{}\n{}\n{}\n", path.native(), text.size(), text));
    }
    return digest.hex();
}

} // namespace baton::deploy
