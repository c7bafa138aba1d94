// SPDX-License-Identifier: MIT
// Looks at a watch.conf and the files beside it, without changing anything: is it valid, and what would a deploy do?
#pragma once

#include "deploy/units/paths.hpp"
#include "site/conf/watch_conf.hpp"
#include "site/release/store.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace baton::deploy {

/// What a deploy of a registered site would do.
struct Forecast {
    enum class What {
        release, ///< a new release, number `release`
        nothing, ///< `release` is live with this content
        refusal  ///< `release` had exactly this content, and failed
    };
    std::string site;
    What what = What::release;
    int release = 0;
    std::string why = {};                       ///< of a refusal: what happened to that release
    std::vector<site::Address> moves_from = {}; ///< where the live release listens, if elsewhere
};

struct CheckedSite {
    site::SiteRecord record;
    site::ParsedWatchConf parsed;
    std::optional<Forecast> forecast = std::nullopt; ///< no site, or the caller may not know: see the warnings
};

/// Reads the watch.conf at `path` (a directory, or a file in one) and its program. Throws Error (config).
[[nodiscard]] CheckedSite read_site(const std::filesystem::path& path);

/// What `baton check` finds. With `directory`, reads the file `path` as if it were that directory's watch.conf. Throws
/// Error (config), also when a registered site may not listen there.
[[nodiscard]] CheckedSite check_site(const Paths& paths, const std::filesystem::path& path,
                                     const std::optional<std::filesystem::path>& directory);

} // namespace baton::deploy
