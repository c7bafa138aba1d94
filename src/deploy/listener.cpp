// SPDX-License-Identifier: MIT
#include "deploy/listener.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/running.hpp"
#include "deploy/site_units.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {

Listener::Listener(SiteContext& context, const site::Address& address)
    : context_{context}, from_{current_address(context)}, to_{address} {
    if (from_ == to_) {
        write(to_, to_);
        return;
    }
    try {
        site::probe_bind(to_); // for its clear errors; what counts is systemd's own bind
    } catch (const Error& error) {
        throw Error{error.what(), ErrorKind::rejected, "ss -lntp shows who listens where"};
    }
    pending_ = true;
    write(from_, to_);
    // A socket unit does not start while its Service= is active; this one's may be, if the site was here before.
    (void)context_.manager.stop(activation_unit(unit(to_)));
}

std::string Listener::unit(const site::Address& address) const {
    return listener_unit(context_.name(), context_.record, address);
}

void Listener::write(const site::Address& live_address, const site::Address& address) {
    const UnitParameters parameters{context_.name(), context_.record, live_address, address};
    if (write_units(context_.paths, parameters) == Written::something) context_.manager.daemon_reload();
}

void Listener::require_listening() {
    const auto state = context_.manager.status(unit(to_)).active_state;
    if (state == "active") return;
    throw Error{fmt::format("listening on {}: {} is {}", quote(to_.text()), quote(unit(to_)), state),
                ErrorKind::rejected, fmt::format("journalctl -u '{}' -n 20", unit(to_))};
}

void Listener::commit() {
    pending_ = false;
    if (from_ == to_) return;
    (void)context_.manager.stop(unit(from_));
    context_.story.say(Event::deploy_step, sd::Priority::info,
                       fmt::format("listening on {} now, no longer on {}", to_.text(), from_.text()));
}

Listener::~Listener() {
    if (!pending_) return;
    try {
        write(from_, from_);
        (void)context_.manager.stop(unit(to_));
        context_.manager.reset_failed(unit(to_));
    } catch (const Error& error) {
        context_.story.say(Event::warning, sd::Priority::error,
                           fmt::format("undoing the change of HttpPort: {}", error.what()));
    }
}

void restore_listener(SiteContext& context) {
    const auto address = current_address(context);
    if (write_units(context.paths, {context.name(), context.record, address, address}) == Written::something)
        context.manager.daemon_reload();
    const auto wanted = listener_unit(context.name(), context.record, address);
    for (const auto& pattern : {first_listener_unit(context.name()), fmt::format("{}@*.socket", context.name())})
        for (const auto& [unit, state] : context.manager.list(pattern))
            if (unit != wanted && state == "active") (void)context.manager.stop(unit);
}

} // namespace baton::deploy
