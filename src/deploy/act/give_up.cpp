// SPDX-License-Identifier: MIT
// The candidate does not go live: it is dropped without a verdict, or rejected with one. The live release stays live.
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/picture/directory.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wait_until.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <fmt/format.h>

#include <csignal>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Purpose = Candidate::Purpose;

constexpr auto k_leave_limit = 5s; // TimeoutStopSec= is for a release that has served
constexpr auto k_look_again = 20ms;

/// The candidate shared the live release's sockets, and may have left an option on them that keeps clients away. The
/// check that systemd has a socket to pass resets those as well.
void look_after_listeners(Pursued& pursued, const Picture& picture, bool was_started) {
    const auto live = reach_of(pursued.context, picture, picture.find(picture.live));
    for (const auto& socket : site::carriers(live.addresses, live.is_held))
        if (was_started && live.is_held(socket)) (void)look_after_socket(pursued.context, socket, live);
}

/// Deletes its snapshot. Its record stays for the history, if there is room.
site::Manifest discard(SiteContext& context, int release, const std::string& why) {
    auto manifest = context.store.manifest(release);
    manifest.outcome = site::Outcome::dropped;
    manifest.set_reason(why);
    remove_release_unit(context.paths, context.name(), release); // before the files that tell of it
    try {
        context.store.write_manifest(manifest);
        context.store.remove_release(release);
    } catch (const Error&) {
        remove_tree(context.store.release_path(release));
    }
    return manifest;
}

Event event_of(const Error& error) {
    return error.kind() == error_kind::config ? Event::conf_refused : Event::release_rejected;
}

void record(SiteContext& context, Event event, const Error& error) {
    const auto hint = error.hint().empty() ? "" : "\nhint: " + error.hint();
    context.story.record(event, sd::Priority::error, error.what() + hint);
}

} // namespace

// A release that does not leave would continue to take connections.
void end_unit(SiteContext& context, int release) {
    const auto unit = release_unit(context.name(), release);
    const auto is_gone = [&] { return !context.manager.status(unit).around(); };
    if (!is_gone()) {
        context.manager.queue_stop(unit);
        if (!wait_until(k_leave_limit, is_gone, [&] { context.manager.wait_for_change({}, k_look_again); })) {
            context.manager.kill(unit, SIGKILL);
            (void)context.manager.stop(unit);
        }
    }
    context.manager.reset_failed(unit);
}

void put_off_way_back(Pursued& pursued, const Picture& picture, const std::string& why) {
    pursued.keep(after_way_back_failed(picture, why));
    pursued.context.story.say(Event::roll_back_failed, sd::Priority::error, why);
}

void drop(Pursued& pursued, const Picture& picture, const Action& action) {
    auto& context = pursued.context;
    const bool ours = pursued.candidate && pursued.candidate->release == action.release;
    const auto purpose = ours ? pursued.candidate->purpose : Purpose::wish;
    std::string why = action.why;
    if (action.fault == Fault::host) {
        const auto unit = release_unit(context.name(), action.release);
        const auto status = context.manager.status(unit);
        if (status.fell()) why = fmt::format("starting {}: {}", quote(unit), failure_text(status));
    }
    end_unit(context, action.release);
    look_after_listeners(pursued, picture, ours && pursued.candidate->started);
    if (ours) pursued.forget_candidate();
    const auto manifest = discard(context, action.release, why);
    context.story.about(action.release);
    if (action.fault == Fault::none)
        context.story.say(Event::recovered, sd::Priority::notice,
                          fmt::format("{} does not take over, but is not rejected: {}", release_text(manifest), why));
    else if (purpose == Purpose::way_back)
        put_off_way_back(pursued, picture, fmt::format("going back to release {}: {}", *manifest.copy_of, why));
    else
        put_off(pursued, picture, Error{why, error_kind::failed, still_serving_text(context)});
}

void reject(Pursued& pursued, const Picture& picture, const std::string& step, const Error& error) {
    auto& context = pursued.context;
    const auto candidate = *pursued.candidate;
    end_unit(context, candidate.release); // the error contains the evidence by now
    look_after_listeners(pursued, picture, candidate.started);
    auto manifest = context.store.manifest(candidate.release);
    manifest.step_ms = pursued.step_ms;
    pursued.forget_candidate();
    manifest.outcome = site::Outcome::rejected;
    manifest.failed_step = step;
    manifest.set_reason(error.what());
    context.store.write_manifest(manifest);
    const Error rejected{fmt::format("{} rejected: {}", release_text(manifest), error.what()), error_kind::rejected,
                         fmt::format("{}; journalctl -u {} shows its output", still_serving_text(context),
                                     release_unit(context.name(), manifest.release))};
    if (candidate.purpose == Purpose::way_back)
        return put_off_way_back(pursued, picture,
                                fmt::format("going back to release {}: {}", *manifest.copy_of, rejected.what()));
    refuse(pursued, picture, rejected, manifest.release);
}

void refuse(Pursued& pursued, const Picture& picture, const Error& error, std::optional<int> rejected) {
    pursued.keep(after_verdict(picture));
    auto decision = decision_after_refusal(picture, rejected, error);
    decision.at = std::chrono::system_clock::now();
    decision.imported = pursued.imported;
    if (!rejected) decision.tree = fingerprint(pursued.context.record);
    write_decision(pursued.context.store, decision);
    record(pursued.context, event_of(error), error);
}

void put_off(Pursued& pursued, const Picture& picture, const Error& why) {
    pursued.keep(after_put_off(picture, why.what()));
    pursued.put_off = why;
    if (picture.live) // an add is undone, and tried no more
        pursued.put_off = why.with_hint(fmt::format("{}{}it is tried again automatically, next at {}", why.hint(),
                                                    why.hint().empty() ? "" : "; ", iso8601(pursued.tries.wish.next)));
    record(pursued.context, Event::put_off, *pursued.put_off);
}

} // namespace baton::deploy
