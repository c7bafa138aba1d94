// SPDX-License-Identifier: MIT
#include "deploy/context.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {

namespace {

constexpr std::string_view k_service = ".service";

} // namespace

std::filesystem::path tries_path(const Paths& paths, const std::string& site) {
    return paths.runtime / "baton" / site / "tries.json";
}

SiteContext open_site(const Host& host, const std::string& site) {
    site::check_site_name(site);
    site::Store store{host.paths.state, site};
    auto record = store.record();
    if (record)
        return {host.paths, host.manager, std::move(store), std::move(*record),
                Story{site, host.paths.scope, host.observer}};
    const auto known = site::Store::sites(host.paths.state);
    const std::vector<std::string_view> names{known.begin(), known.end()};
    const auto as_unit = site.ends_with(k_service) ? site.substr(0, site.size() - k_service.size()) : std::string{};
    const bool is_unit = std::find(known.begin(), known.end(), as_unit) != known.end();
    const auto near = is_unit ? as_unit : std::string{did_you_mean(site, names)};
    throw Error{fmt::format("looking for the site {}: it is not registered{}", quote(site),
                            near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                error_kind::usage, fmt::format("baton add {} DIR registers it, baton status lists the sites", site)};
}

} // namespace baton::deploy
