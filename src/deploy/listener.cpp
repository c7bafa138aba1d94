// SPDX-License-Identifier: MIT
#include "deploy/listener.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/running.hpp"
#include "deploy/site_units.hpp"
#include "deploy/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

/// A socket unit does not start while its Service= is active, and the next connection to the old address activates that
/// again.
constexpr int k_start_attempts = 20;

UnitParameters parameters(const SiteContext& context, const site::Address& address) {
    return {context.name(), context.record, address};
}

} // namespace

Listener::Listener(SiteContext& context, const site::Address& address)
    : context_{context}, from_{current_address(context)}, to_{address} {
    if (from_ == to_)
        write(to_);
    else
        move();
}

void Listener::write(const site::Address& address) {
    if (write_units(context_.paths, parameters(context_, address)) == Written::something)
        context_.manager.daemon_reload();
}

void Listener::move() {
    try {
        site::probe_bind(to_); // for its clear errors; what counts is systemd's own bind
    } catch (const Error& error) {
        throw Error{error.what(), ErrorKind::rejected}.with_hint("ss -lntp shows who listens where");
    }
    pending_ = true;
    write(to_);
    const auto unit = listener_unit(parameters(context_, to_));
    for (int i = 0; i < k_start_attempts; ++i) {
        (void)context_.manager.stop(activation_unit(context_.name()));
        if (context_.manager.start(unit) == sd::JobResult::done) return;
    }
    throw Error{fmt::format("listening on {}: systemd could not start {}", quote(to_.text()), quote(unit)),
                ErrorKind::rejected, fmt::format("journalctl -u '{}' -n 20", unit)};
}

void Listener::commit() {
    pending_ = false;
    if (from_ == to_) return;
    const auto old = listener_unit(parameters(context_, from_));
    (void)context_.manager.stop(old);
    context_.story.say(Event::deploy_step, sd::Priority::info,
                       fmt::format("listening on {} now, no longer on {}", to_.text(), from_.text()));
}

Listener::~Listener() {
    if (!pending_) return;
    try {
        write(from_);
        (void)context_.manager.stop(listener_unit(parameters(context_, to_)));
        context_.manager.reset_failed(listener_unit(parameters(context_, to_)));
    } catch (const Error& error) {
        context_.story.say(Event::warning, sd::Priority::error,
                           fmt::format("undoing the change of HttpPort: {}", error.what()));
    }
}

void restore_listener(SiteContext& context) {
    const auto wanted = parameters(context, current_address(context));
    if (write_units(context.paths, wanted) == Written::something) context.manager.daemon_reload();
    for (const auto& pattern : {first_listener_unit(context.name()), fmt::format("{}@*.socket", context.name())})
        for (const auto& [unit, state] : context.manager.list(pattern))
            if (unit != listener_unit(wanted) && state == "active") (void)context.manager.stop(unit);
}

} // namespace baton::deploy
