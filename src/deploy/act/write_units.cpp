// SPDX-License-Identifier: MIT
#include "deploy/act/write_units.hpp"

#include "base/error.hpp"
#include "base/lock.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/units/reload_units.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"
#include "sd/unit_list.hpp"

namespace baton::deploy {
namespace {

void write_units_of(const Paths& paths, const site::Store& store, const sd::UnitList& sockets) {
    const auto lock = Lock::try_take(store.lock_path());
    if (!lock) return; // whoever has it writes them
    const auto record = store.record();
    const auto number = store.live();
    if (!record || !number) return;
    const auto live = store.brief_manifest(*number);
    const auto needed = needed_units(store, *record, &live, held_sockets(store.site(), *record, sockets));
    if (units_are_there(paths, needed)) (void)write_units(paths, needed); // not what somebody has deleted
}

void write_units_of_all(const Paths& paths, sd::Units& manager) {
    const sd::UnitList sockets{manager.list({"*.socket"})};
    for (const auto& store : site::Store::all(paths.state))
        try {
            write_units_of(paths, store, sockets);
        } catch (const Error&) { // its own processes report it
        }
}

} // namespace

void write_needed_units(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    if (write_units(context.paths, needed_units(context, picture)) != Written::others) return;
    reload_units(context.paths, context.manager, [&] { write_units_of_all(context.paths, context.manager); });
    // As the handle's start began, PID 1 bound them by their units as it knew them then. A restart has kept them.
    const auto* const live = picture.find(picture.live);
    if (!picture.handle_starts || live == nullptr || live->run != Run::down) return;
    const auto last_stop = context.manager.status(handle_unit(context.name())).active_until;
    for (const auto& listener : picture.listeners)
        if (listener.active && listener.is_lives && context.manager.status(listener.unit).active_since >= last_stop) {
            (void)context.manager.stop(listener.unit);
            // A socket unit does not start while its Service= is active.
            (void)context.manager.stop(activation_unit(listener.unit));
        }
}

} // namespace baton::deploy
