// SPDX-License-Identifier: MIT
#include "deploy/look.hpp"

#include "base/error.hpp"
#include "deploy/picture/directory.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/trigger.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/wish.hpp"
#include "sd/unit_list.hpp"
#include "site/listen/listening.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>

namespace baton::deploy {

using sd::ActiveState;
namespace {

constexpr std::size_t k_worth_a_thread = 50; // sites, each a tenth of a millisecond

/// Asked once for all sites.
struct Now {
    sd::UnitList units;
    site::Listening listening;
};

bool is_reachable(const std::string& site, const Now& now, const site::Manifest& live) {
    const bool up = now.units.is_active(release_unit(site, live.release));
    const auto addresses = live.conf.all_addresses();
    return std::all_of(addresses.begin(), addresses.end(),
                       [&](const site::Address& address) { return now.listening.on(address, up); });
}

/// A release beside the live one: somebody restarted an old release.
bool has_other_listener(const std::string& site, const site::SiteRecord& record, const Now& now,
                        const site::Manifest& live) {
    const auto needed =
        listener_units(site, record, site::carriers(live.conf.all_addresses(), held_sockets(site, record, now.units)));
    const auto is_other = [&](const std::string& unit) {
        return std::find(needed.begin(), needed.end(), unit) == needed.end();
    };
    const auto is_there = [](ActiveState state) {
        return state == ActiveState::active || state == ActiveState::failed;
    };
    const auto first = first_listener_unit(site);
    if (is_other(first) && is_there(now.units.active_state(first))) return true;
    const auto prefix = site + "@";
    for (auto it = now.units.from(prefix); it != now.units.end() && it->first.starts_with(prefix); ++it)
        if (it->first.ends_with(".socket") && is_other(it->first) && is_there(it->second.active_state)) return true;
    return false;
}

/// Nothing held it back, and a process that could tell it to leave is gone.
bool has_other_release(const std::string& site, std::optional<int> live, const Now& now) {
    const auto prefix = site + "@";
    for (auto it = now.units.from(prefix); it != now.units.end() && it->first.starts_with(prefix); ++it) {
        const auto release = release_of_unit(site, it->first);
        if (release && release != live && it->second.active_state == ActiveState::active) return true;
    }
    return false;
}

Glance glance(const Paths& paths, const site::Store& store, const site::SiteRecord& record, const Now& now) {
    const auto handle = now.units.active_state(handle_unit(store.site()));
    if (!sd::is_up(handle)) {
        const bool are_gone = !units_are_there(paths, {.site = store.site(), .record = record});
        return {.units_are_gone = are_gone && is_enabled(paths, store.site())};
    }
    const auto watch = now.units.active_state(path_unit(store.site()));
    const auto decided = read_decision(store);
    const auto& site = store.site();
    const auto number = store.live();
    const auto live = number ? std::optional{store.brief_manifest(*number)} : std::nullopt;
    const auto units = needed_units(store, record, live ? &*live : nullptr, held_sockets(site, record, now.units));
    return {.is_up = true,
            .watch_failed = watch == ActiveState::failed,
            .watch_stopped = watch == ActiveState::inactive,
            .live_failed = live && now.units.active_state(release_unit(site, live->release)) == ActiveState::failed,
            .is_unrecorded = live && live->outcome == site::Outcome::pending,
            .is_deaf = live && !is_reachable(site, now, *live),
            .conf_differs = site::conf_stamp(record.directory, record.conf_name) != decided.conf ||
                            has_changed_since_refused(record, decided),
            .wish_is_open = read_wish(store).number > decided.wish,
            .listens_in_vain = live && has_other_listener(site, record, now, *live),
            .another_runs = has_other_release(site, number, now),
            .units_are_gone = !units_are_there(paths, units)};
}

struct Seen {
    bool is_site = false; ///< not half of one, which its own process is about to make or remove
    bool needs_pursuit = false;
    std::optional<Error> fault{}; ///< why it cannot be seen
};

Seen glance_at(const Paths& paths, const site::Store& store, const Now& now) try {
    const auto record = store.record();
    if (!record) return {};
    return {.is_site = true, .needs_pursuit = needs_pursuit(glance(paths, store, *record, now))};
} catch (const Error& error) {
    return {.fault = error};
}

/// On all processors: of a thousand sites, it is thirty thousand reads of small files.
std::vector<Seen> glance_at_all(const Paths& paths, const std::vector<site::Store>& stores, const Now& now) {
    std::vector<Seen> seen(stores.size());
    std::atomic<std::size_t> next = 0;
    const auto glance_at_rest = [&] {
        for (auto i = next++; i < stores.size(); i = next++)
            seen[i] = glance_at(paths, stores[i], now);
    };
    std::vector<std::future<void>> others;
    const auto threads = std::min<std::size_t>(std::thread::hardware_concurrency(), stores.size() / k_worth_a_thread);
    for (std::size_t i = 1; i < threads; ++i)
        try {
            others.push_back(std::async(std::launch::async, glance_at_rest));
        } catch (const std::system_error&) { // no thread to be had: it takes longer
            break;
        }
    glance_at_rest();
    for (auto& other : others)
        other.get();
    return seen;
}

/// `systemctl mask --now` stops a handle that has lost its ExecStopPost=, which would tell the releases to leave and
/// close listeners and watch.
bool was_masked(const Host& host, const std::string& site, const Now& now) {
    const auto state = now.units.active_state(handle_unit(site));
    if (!sd::is_down(state)) return false; // a failed handle: in the middle of a reload
    const auto is_up = [&](const std::string& unit) { return now.units.is_active(unit); };
    bool some_are_up = is_up(first_listener_unit(site)) || is_up(path_unit(site));
    const auto prefix = site + "@";
    for (auto it = now.units.from(prefix); it != now.units.end() && it->first.starts_with(prefix); ++it)
        some_are_up = some_are_up || it->second.active_state == ActiveState::active;
    return some_are_up && host.manager.status(handle_unit(site)).load_state == sd::LoadState::masked;
}

void stop_masked(const Host& host, const std::string& site) {
    host.manager.queue_stop(path_unit(site));
    (void)host.manager.queue_start(pursue_unit(site) + ".service"); // tells the releases, closes the listeners
}

/// This look deals with what the helpers left undone. A killed helper is not a lasting fault of the host.
void forget_failed_helpers(const Host& host, const sd::UnitList& units) {
    for (const auto& [unit, listed] : units)
        if (listed.active_state == ActiveState::failed && unit.starts_with("baton-") && unit.find('@') != unit.npos)
            host.manager.reset_failed(unit);
}

} // namespace

void look_at_all(const Host& host) {
    const auto stores = site::Store::all(host.paths.state);
    if (stores.empty()) return;
    const Now now{sd::UnitList{host.manager.list({"*.service", "*.path", "*.socket"})}, site::Listening::now()};
    forget_failed_helpers(host, now.units);
    const auto seen = glance_at_all(host.paths, stores, now);
    for (std::size_t i = 0; i < stores.size(); ++i)
        try {
            const auto& site = stores[i].site();
            if (seen[i].fault) throw Error{*seen[i].fault};
            if (!seen[i].is_site) continue;
            if (was_masked(host, site, now))
                stop_masked(host, site);
            else if (seen[i].needs_pursuit)
                (void)host.manager.queue_start(pursue_unit(site) + ".service");
        } catch (const Error& error) { // one unreadable site does not hide the others
            Story{stores[i].site(), host.paths.scope, host.observer}.say(Event::warning, sd::Priority::warning,
                                                                         error.what());
        }
}

} // namespace baton::deploy
