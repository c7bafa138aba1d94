// SPDX-License-Identifier: MIT
#include "deploy/look.hpp"

#include "base/error.hpp"
#include "deploy/picture/directory.hpp"
#include "deploy/trigger.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/wish.hpp"
#include "sd/unit_list.hpp"
#include "site/listening.hpp"
#include "site/site_dir.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

/// What is asked once for all sites.
struct Now {
    sd::UnitList units;
    site::Listening listening;
};

/// The site has moved to another address only when its first listener is not there.
bool is_reachable(const site::Store& store, const site::SiteRecord& record, const Now& now, int live) {
    const bool first = now.units.active_state(first_listener_unit(store.site())) == "active";
    const auto address = first ? record.address : store.manifest(live).conf.address;
    const bool up = now.units.active_state(release_unit(store.site(), live)) == "active";
    return now.listening.on(address, up);
}

Glance glance(const Paths& paths, const site::Store& store, const site::SiteRecord& record, const Now& now) {
    const auto handle = now.units.active_state(handle_unit(store.site()));
    if (handle != "active" && handle != "reloading") return {};
    const auto watch = now.units.active_state(path_unit(store.site()));
    const auto live = store.live();
    const auto decided = read_decision(store);
    return {.is_up = true,
            .watch_failed = watch == "failed",
            .watch_stopped = watch == "inactive",
            .live_failed = live && now.units.active_state(release_unit(store.site(), *live)) == "failed",
            .is_unrecorded = live && store.manifest(*live).outcome == site::Outcome::pending,
            .is_deaf = live && !is_reachable(store, record, now, *live),
            .conf_differs = site::conf_stamp(record.directory, record.conf_name) != decided.conf ||
                            has_changed_since_refused(record, decided),
            .wish_is_open = read_wish(store).number > decided.wish,
            .units_are_gone = !units_are_there(paths, store.site())};
}

/// `systemctl mask --now` stops a handle that has no ExecStopPost= any more, which would tell the releases.
bool was_masked(const Host& host, const std::string& site, const Now& now) {
    if (now.units.active_state(handle_unit(site)) != "inactive") return false;
    const auto runs = [&](const auto& unit) {
        return unit.second.active_state == "active" && release_of_unit(site, unit.first);
    };
    return std::any_of(now.units.begin(), now.units.end(), runs) &&
           host.manager.status(handle_unit(site)).load_state == "masked";
}

/// What became of what they were to do is looked at now; that one was killed is no fault of the host that stays.
void forget_failed_helpers(const Host& host, const sd::UnitList& units) {
    for (const auto& [unit, listed] : units)
        if (listed.active_state == "failed" && unit.starts_with("baton-") && unit.find('@') != unit.npos)
            host.manager.reset_failed(unit);
}

} // namespace

void look_at_all(const Host& host) {
    const auto sites = site::Store::sites(host.paths.state);
    if (sites.empty()) return;
    const Now now{sd::UnitList{host.manager.list({"*.service", "*.path", "*.socket"})}, site::Listening::now()};
    forget_failed_helpers(host, now.units);
    for (const auto& site : sites)
        try {
            const site::Store store{host.paths.state, site};
            const auto record = store.record();
            if (record && (needs_pursuit(glance(host.paths, store, *record, now)) || was_masked(host, site, now)))
                (void)host.manager.queue_start(pursue_unit(site) + ".service");
        } catch (const Error& error) { // one site that cannot be read does not hide the others
            Story{site, host.observer}.say(Event::warning, sd::Priority::warning, error.what());
        }
}

} // namespace baton::deploy
