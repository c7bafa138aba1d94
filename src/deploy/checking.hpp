// SPDX-License-Identifier: MIT
// A watch.conf and what is beside it, looked at without changing anything: is it valid, and what would a deploy do?
#pragma once

#include "deploy/units/paths.hpp"
#include "site/store.hpp"
#include "site/watch_conf.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace baton::deploy {

/// What a deploy of a registered site would make of it.
struct Forecast {
    enum class What {
        release, ///< a new one, the number `release`
        nothing, ///< `release`, which is live, has this content
        refusal  ///< `release` had this very content before, and did not hold
    };
    std::string site;
    What what = What::release;
    int release = 0;
    std::string why = {};                       ///< of a refusal: what became of that release
    std::vector<site::Address> moves_from = {}; ///< the live release listens elsewhere
};

struct CheckedSite {
    site::SiteRecord record;
    site::ParsedWatchConf parsed;
    std::optional<Forecast> forecast =
        std::nullopt; ///< none: no site, or not to be known by who asks; see the warnings
};

/// The watch.conf at `path`, which is a directory or a file in one, and its program. Throws Error (config).
[[nodiscard]] CheckedSite read_site(const std::filesystem::path& path);

/// What `baton check` finds: read_site(), or, with `directory`, the file `path` as that directory's watch.conf, which
/// it is not yet. Throws Error (config), also when it is a registered site that may not listen there.
[[nodiscard]] CheckedSite check_site(const Paths& paths, const std::filesystem::path& path,
                                     const std::optional<std::filesystem::path>& directory);

} // namespace baton::deploy
