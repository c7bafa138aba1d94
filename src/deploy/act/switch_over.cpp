// SPDX-License-Identifier: MIT
// The switch: one rename(2) makes the candidate live. Then the releases before it are told to leave, and it is told to
// accept.
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/drain_limit.hpp"
#include "deploy/act/prune.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/private_socket.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wait_until.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr auto k_private_limit = 2s;        // for one answer on a private socket
constexpr auto k_begin_to_drain_limit = 1s; // for a stopping release to say that it drains
constexpr auto k_look_again = 500us;        // nothing announces that a release has stopped accepting

PrivateSocket socket_of(const SiteContext& context, int release) {
    return {context.paths, context.name(), release};
}

bool begins_to_drain(SiteContext& context, int release) {
    const auto listed = context.manager.list_named({release_unit(context.name(), release)});
    if (listed.empty() || sd::is_down(listed.front().active_state)) return true;
    if (listed.front().active_state != sd::ActiveState::deactivating) return false;
    const auto socket = socket_of(context, release);
    const auto state = socket.exists() ? socket.state(k_private_limit) : std::nullopt;
    return !state || state->state != ServingState::serving;
}

/// Bounded: a release that is silent, or ignores SIGTERM, does not keep the new one waiting.
void wait_until_draining(SiteContext& context, int release) {
    (void)wait_until(
        k_begin_to_drain_limit, [&] { return begins_to_drain(context, release); },
        [] { std::this_thread::sleep_for(k_look_again); });
}

/// What the site moved from. The release that still holds it takes what is in its queue.
void give_up_addresses(SiteContext& context, const Picture& picture) {
    const auto live = context.store.manifest(*context.store.live());
    const auto units = listener_units(context.name(), context.record,
                                      site::carriers(live.conf.all_addresses(), held_in(context, picture)));
    for (const auto& listener : picture.listeners)
        if (listener.active && std::find(units.begin(), units.end(), listener.unit) == units.end())
            unbind(context, listener.unit);
}

/// Those that may run beside the new live release, and that running_releases() would not find.
std::vector<int> others_of(const Picture& picture) {
    auto others = picture.strays;
    if (picture.live) others.push_back(*picture.live);
    return others;
}

/// Tells all others to leave. Returns their numbers, "7" or "6, 7".
std::string tell_others(SiteContext& context, const Picture& picture, int live) {
    std::string draining;
    for (const auto& [release, state] : running_releases(context, others_of(picture))) {
        if (release == live) continue;
        draining += fmt::format("{}{}", draining.empty() ? "" : ", ", release);
        if (state == sd::ActiveState::deactivating) continue;
        context.manager.queue_stop(release_unit(context.name(), release));
        wait_until_draining(context, release);
    }
    return draining;
}

void let_accept(SiteContext& context, int release) {
    const auto fresh = socket_of(context, release);
    if (fresh.exists() && !fresh.accept(k_private_limit))
        context.story.say(Event::warning, sd::Priority::warning,
                          fmt::format("telling release {} to accept connections: it did not confirm", release));
}

void narrow(SiteContext& context, const site::Address& socket, const site::Manifest& live, const Reach& reach) {
    write_socket_options(context, live, reach); // for when somebody restarts it
    const auto result = look_after_socket(context, socket, reach);
    if (result == sd::JobResult::done) return;
    throw Error{fmt::format("listening on {} alone, by the socket of {}: systemd's job of {} ended as '{}'",
                            site::addresses_text(reach.addresses), socket.text(),
                            listen_unit(listener_unit(context.name(), context.record, socket)),
                            sd::job_result_text(result))};
}

/// Lets clients reach `live` at its addresses and nowhere else, also by a socket that is bound to more. Runs before the
/// switch is recorded: whoever finds it unrecorded repeats this. `before`: what the sockets are set for, if known.
void set_reach(Pursued& pursued, const site::Manifest& live, const site::IsHeld& is_held, const Reach* before) try {
    const Reach reach{live.conf.all_addresses(), is_held, live.nonblocking.value_or(false)};
    for (const auto& socket : site::carriers(reach.addresses, is_held)) {
        const bool is_set = before != nullptr && only_text(socket, reach) == only_text(socket, *before);
        if (!is_set && is_held(socket)) narrow(pursued.context, socket, live, reach);
    }
} catch (const Error& error) {
    pursued.records_fail = true;
    pursued.context.story.say(Event::warning, sd::Priority::error, fmt::format("{}; tried again", error.what()));
}

/// A full disk does not keep the releases from changing places: the link is set. The next look tries again.
void record(Pursued& pursued, const std::vector<site::Manifest>& records) try {
    for (const auto& manifest : records)
        pursued.context.store.write_manifest(manifest);
    pursued.records_fail = false;
} catch (const Error& error) {
    pursued.records_fail = true;
    pursued.context.story.say(Event::warning, sd::Priority::error,
                              fmt::format("recording the switch: {}; tried again", error.what()));
}

void decide(Pursued& pursued, const Decision& decision) try {
    write_decision(pursued.context.store, decision);
} catch (const Error& error) {
    pursued.records_fail = true;
    pursued.context.story.say(Event::warning, sd::Priority::error, error.what());
}

/// The remaining steps after the releases have changed places.
void tidy(Pursued& pursued, site::Manifest& manifest, const std::string& draining) {
    auto& context = pursued.context;
    tell_step(context, manifest, Step::drain, pursued.stopwatch.lap(),
              draining.empty() ? "no other release runs"
                               : fmt::format("told release {} to finish and leave", draining));
    const auto running = running_releases(context);
    limit_draining(context, running, manifest.release);
    const auto deleted = prune(context, running, manifest.release, manifest.conf.keep_releases);
    tell_step(context, manifest, Step::prune, pursued.stopwatch.lap(),
              fmt::format("{} old snapshots deleted, {} kept", deleted, context.store.releases().size()));
    if (!pursued.records_fail) record(pursued, {manifest});
}

void tell(SiteContext& context, const site::Manifest& manifest, std::uint32_t pid, const std::string& draining) {
    const auto end = probation_end(manifest, std::chrono::system_clock::now());
    const auto event = manifest.copy_of ? Event::rolled_back : Event::release_live;
    context.story.say(event, sd::Priority::notice,
                      fmt::format("{} is live, pid {}, program {:.12}{}{}", release_text(manifest), pid,
                                  manifest.program_sha256,
                                  draining.empty() ? "" : fmt::format("; release {} drains", draining),
                                  end ? "; on probation until " + iso8601(*end) : ""));
}

} // namespace

void switch_over(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    const auto candidate = *pursued.candidate;
    auto records = records_after_switch(picture, candidate, pursued.step_ms, std::chrono::system_clock::now());
    context.store.set_live(candidate.release); // the commit point
    pursued.records_fail = false;
    const auto made_live = std::exchange(pursued.switched_to, candidate.release);
    pursued.candidate.reset(); // from here on it is live, whatever goes wrong
    auto& manifest = records.back();
    tell_step(context, manifest, Step::live_switch, pursued.stopwatch.lap(),
              fmt::format("release {} is live", candidate.release));
    give_up_addresses(context, picture);
    const auto draining = tell_others(context, picture, candidate.release);
    let_accept(context, candidate.release); // first: no client waits for the helper that sets the reach
    const auto before = reach_of(context, picture, picture.find(picture.live));
    set_reach(pursued, manifest, before.is_held, &before);
    pursued.forget_candidate();
    auto decision = decision_after_switch(picture, candidate, made_live);
    decision.at = std::chrono::system_clock::now();
    if (decision.result == Decision::Result::live) decision.imported = pursued.imported;
    decide(pursued, decision);
    // Last of all: until the candidate's record is written, every look finishes the switch.
    if (!pursued.records_fail) record(pursued, records);
    pursued.keep(after_switch(picture));
    tidy(pursued, manifest, draining);
    tell(context, manifest, pursued.main_pid, draining);
}

void finish_switch(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    const auto records = records_after_interrupted_switch(picture);
    const auto& manifest = records.back();
    pursued.records_fail = false;
    set_reach(pursued, manifest, held_in(context, picture), nullptr);
    if (const auto decision = decision_after_interrupted_switch(picture)) decide(pursued, *decision);
    if (!pursued.records_fail) record(pursued, records);
    if (pursued.records_fail) return;
    context.story.say(
        Event::recovered, sd::Priority::notice,
        fmt::format("the deploy of release {} was interrupted after it took over; it is live", manifest.release));
    (void)tell_others(context, picture, manifest.release);
    if (context.manager.status(release_unit(context.name(), manifest.release)).active_state == sd::ActiveState::active)
        let_accept(context, manifest.release);
}

} // namespace baton::deploy
