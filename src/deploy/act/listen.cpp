// SPDX-License-Identifier: MIT
// Restores a listener that somebody or something took away: `systemctl isolate`, a stop by hand, or a program that
// called shutdown(2) on the shared socket.
#include "base/error.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wait_until.hpp"

#include "site/listen/listening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr auto k_release_limit = 5s; // for a release that was told to leave, to release its socket
constexpr auto k_look_again = 1ms;   // nothing announces that

bool is_free(const site::Address& address) try {
    site::probe_bind(address);
    return true;
} catch (const Error&) {
    return false;
}

/// Tells the live release to leave: it holds the address by a socket that systemd does not have.
void make_room(SiteContext& context, int live, const site::Address& socket) {
    context.manager.queue_stop(release_unit(context.name(), live));
    (void)wait_until(
        k_release_limit, [&] { return is_free(socket); }, [] { std::this_thread::sleep_for(k_look_again); });
}

/// What `unit`, a listener of the live release, is bound to.
site::Address socket_of(const SiteContext& context, const Reach& live, const std::string& unit) {
    const auto sockets = site::carriers(live.addresses, live.is_held);
    return *std::find_if(sockets.begin(), sockets.end(), [&](const site::Address& it) {
        return listener_unit(context.name(), context.record, it) == unit;
    });
}

/// systemd's own word does not count: with somebody's setting it may listen elsewhere.
bool is_listened_on(const site::Address& socket) {
    return site::Listening::now().on(socket, false);
}

/// Why no start of `unit` can succeed, and what to type; empty if one can.
std::string hindrance_of(SiteContext& context, const std::string& unit) {
    const auto state = context.manager.status(unit).load_state;
    if (state == sd::LoadState::loaded) return {};
    return fmt::format("{} is {}, so nothing can listen with it: systemctl {} {}", unit, sd::text(state),
                       state == sd::LoadState::masked ? "unmask" : "cat", unit);
}

} // namespace

void listen(Pursued& pursued, const Picture& picture, const std::string& unit) {
    auto& context = pursued.context;
    const auto& live = *picture.find(picture.live);
    const auto reach = reach_of(context, picture, &live);
    const auto socket = socket_of(context, reach, unit);
    // To find out whether systemd has and passes it, do not stop anything.
    if (pursued.lost_listeners.erase(unit) > 0 && look_after_socket(context, socket, reach) == sd::JobResult::done) {
        pursued.sound_listeners.insert(unit);
        return;
    }
    // The live release may still hold the socket; without it, nobody would be served.
    if (const auto why = hindrance_of(context, unit); !why.empty()) {
        context.story.say(Event::warning, sd::Priority::warning, why);
        return pursued.keep(after_failed_listening(pursued.tries, picture.now, why));
    }
    const bool leaves = live.run == Run::up;
    // A socket unit does not start while its Service= is active.
    (void)context.manager.stop(unit);
    (void)context.manager.stop(activation_unit(unit));
    if (leaves) make_room(context, live.record.release, socket);
    for (const auto& listener : picture.listeners)
        if (listener.unit == unit || !listener.wanted)
            context.manager.reset_failed(listener.unit); // for example, it carried the address
    if (leaves) pursued.start_again = true;
    if (!only_text(socket, reach).empty()) return; // from here on each address has its own socket, at the next look
    const auto result = look_after_socket(context, socket, reach);
    const bool listens = result == sd::JobResult::done && is_listened_on(socket);
    const auto why = fmt::format("{} did not listen, although nobody stopped the site; listening again: {}", unit,
                                 listens || result != sd::JobResult::done
                                     ? std::string{sd::job_result_text(result)}
                                     : fmt::format("done, but nobody listens there: systemctl cat {}", unit));
    if (context.manager.status(handle_unit(context.name())).active_state == sd::ActiveState::inactive)
        return (void)context.manager.stop(unit); // the site was stopped meanwhile
    context.story.say(Event::warning, sd::Priority::warning, why);
    pursued.keep(listens ? after_listening(pursued.tries) : after_failed_listening(pursued.tries, picture.now, why));
}

} // namespace baton::deploy
