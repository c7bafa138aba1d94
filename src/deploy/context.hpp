// SPDX-License-Identifier: MIT
// What every operation on a registered site works with.
#pragma once

#include "deploy/paths.hpp"
#include "deploy/story.hpp"
#include "sd/manager.hpp"
#include "site/store.hpp"

namespace baton::deploy {

struct Host {
    const Paths& paths;
    sd::Manager& manager;
    Observer& observer;
};

/// One registered site on this host.
struct SiteContext {
    const Paths& paths;
    sd::Manager& manager;
    site::Store store;
    site::SiteRecord record;
    Story story;

    [[nodiscard]] const std::string& name() const { return store.site(); }
};

/// Throws Error (usage) when there is no such site.
[[nodiscard]] SiteContext open_site(const Host& host, const std::string& site);

/// How much of the lock to insist on.
enum class OnBusy {
    refuse, ///< throw Error (busy)
    wait,   ///< until the other one has ended; each deploy is bounded by its steps' limits
};

} // namespace baton::deploy
