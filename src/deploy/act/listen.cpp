// SPDX-License-Identifier: MIT
// A listener that somebody or something took away is there again: `systemctl isolate`, a stop by hand, a program that
// called shutdown(2) on the socket it shares.
#include "base/error.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include "site/listening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr auto k_release_limit = 5s; // for a release that was told to leave to let go of its socket
constexpr auto k_look_again = 1ms;   // nothing announces that

bool is_free(const site::Address& address) try {
    site::probe_bind(address);
    return true;
} catch (const Error&) {
    return false;
}

/// The live release leaves, for it holds the address by a socket that systemd does not have.
void make_room(SiteContext& context, const site::Manifest& live, const std::string& unit) {
    context.manager.queue_stop(release_unit(context.name(), live.release));
    const auto deadline = Pursued::Clock::now() + k_release_limit;
    for (const auto& address : live.conf.all_addresses())
        while (listener_unit(context.name(), context.record, address) == unit && !is_free(address) &&
               Pursued::Clock::now() < deadline)
            std::this_thread::sleep_for(k_look_again);
}

/// What systemd says that it did is not what counts: with a setting of somebody's it may listen elsewhere.
bool is_listened_on(const SiteContext& context, const site::Manifest& live, const std::string& unit) {
    const auto addresses = live.conf.all_addresses();
    return std::any_of(addresses.begin(), addresses.end(), [&](const site::Address& address) {
        return listener_unit(context.name(), context.record, address) == unit &&
               site::Listening::now().on(address, false);
    });
}

/// systemd has its socket, and passes it; nothing is stopped to find that out.
bool is_sound(SiteContext& context, const std::string& unit) {
    return context.manager.start(listen_unit(unit)) == sd::JobResult::done;
}

} // namespace

void listen(Pursued& pursued, const Picture& picture, const std::string& unit) {
    auto& context = pursued.context;
    const auto& live = *picture.find(picture.live);
    if (pursued.lost_listeners.erase(unit) > 0 && is_sound(context, unit)) {
        pursued.sound_listeners.insert(unit);
        return;
    }
    const bool leaves = live.run == Run::up;
    // A socket unit does not start while its Service= is active.
    (void)context.manager.stop(unit);
    (void)context.manager.stop(activation_unit(unit));
    if (leaves) make_room(context, live.record, unit);
    context.manager.reset_failed(unit);
    const auto result = context.manager.start(listen_unit(unit));
    const bool listens = result == sd::JobResult::done && is_listened_on(context, live.record, unit);
    const auto why = fmt::format("{} did not listen, though nobody stopped the site; listening again: {}", unit,
                                 listens || result != sd::JobResult::done
                                     ? std::string{sd::job_result_text(result)}
                                     : fmt::format("done, and nobody listens there: systemctl cat {}", unit));
    if (context.manager.status(handle_unit(context.name())).active_state == sd::ActiveState::inactive)
        return (void)context.manager.stop(unit); // the site was stopped meanwhile
    context.story.say(Event::warning, sd::Priority::warning, why);
    if (leaves) pursued.start_again = true;
    pursued.keep(listens ? after_listening(pursued.tries) : after_failed_listening(pursued.tries, picture.now, why));
}

} // namespace baton::deploy
