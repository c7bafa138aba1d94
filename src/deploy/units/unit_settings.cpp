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

std::vector<fs::path> others_drop_ins(const Paths& paths, std::string_view unit) {
    std::vector<fs::path> found;
    std::error_code error;                                                                // most units have none
    std::vector<fs::path> directories{paths.units, paths.runtime / "systemd" / "system"}; // systemctl edit --runtime
    if (!paths.etc_units.empty() && paths.etc_units != paths.units) directories.push_back(paths.etc_units);
    for (const auto& directory : directories)
        for (const auto& entry : fs::directory_iterator{directory / fmt::format("{}.d", unit), error})
            if (entry.path().extension() == ".conf" && entry.path().filename() != k_drop_in &&
                entry.path().filename() != k_last_drop_in)
                found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::string settings_digest(const Paths& paths, std::string_view site) {
    constexpr std::size_t k_limit_bytes = 256 * 1024;
    const auto drop_ins = others_drop_ins(paths, release_template_unit(site));
    if (drop_ins.empty()) return {};
    Sha256 digest;
    for (const auto& path : drop_ins) {
        const auto text = read_file(path, k_limit_bytes).value_or("");
        digest.update(fmt::format("{}\n{}\n{}\n", path.native(), text.size(), text));
    }
    return digest.hex();
}

} // namespace baton::deploy
