// SPDX-License-Identifier: MIT
// What every operation on a registered site works with.
#pragma once

#include "deploy/tell/story.hpp"
#include "deploy/units/paths.hpp"
#include "sd/manager.hpp"
#include "site/release/store.hpp"

namespace baton::deploy {

struct Host {
    const Paths& paths;
    sd::Manager& manager;
    Observer& observer;
};

/// See wish/tries.hpp.
[[nodiscard]] std::filesystem::path tries_path(const Paths& paths, const std::string& site);

/// One registered site on this host.
struct SiteContext {
    const Paths& paths;
    sd::Units& manager;
    site::Store store;
    site::SiteRecord record;
    Story story;

    [[nodiscard]] const std::string& name() const { return store.site(); }
    [[nodiscard]] std::filesystem::path tries_path() const { return deploy::tries_path(paths, name()); }
};

/// Throws Error (usage) when no such site is registered.
[[nodiscard]] SiteContext open_site(const Host& host, const std::string& site);

} // namespace baton::deploy
