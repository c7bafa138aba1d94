// SPDX-License-Identifier: MIT
// The live release is down: start it again or, on probation, roll back to the one before.
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/units/unit_settings.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

/// Reports its failure once, and returns why it failed.
std::string tell_failure(SiteContext& context, const site::Manifest& live) {
    const auto why =
        evidence(context.manager.status(release_unit(context.name(), live.release)), context.manager.version());
    context.story.about(live.release);
    context.story.say(Event::warning, sd::Priority::error, fmt::format("{} failed: {}", release_text(live), why));
    return why;
}

std::vector<site::Manifest> records_of(const Picture& picture) {
    std::vector<site::Manifest> records;
    for (const auto& release : picture.releases)
        records.push_back(release.record);
    return records;
}

bool is_without_way_back(const Picture& picture, const ReleasePicture& live) {
    return standing(live.record, picture.now) == Standing::on_probation &&
           !release_to_go_back_to(records_of(picture), live.record.release);
}

/// What a person can do meanwhile.
std::string what_helps(const SiteContext& context, const Picture& picture) {
    if (const auto to = way_back_from(records_of(picture), *picture.live).release)
        return fmt::format("baton rollback {} goes back to release {}", context.name(), *to);
    return fmt::format("an edit of {} deploys a fix", context.record.conf_name);
}

/// From now on, the settings that somebody has made for the unit since its last start count.
void record_settings(SiteContext& context, site::Manifest live) try {
    auto settings = settings_digest(context.paths, context.name(), context.record, live.conf.all_addresses());
    if (settings == live.settings_sha256) return;
    live.settings_sha256 = std::move(settings);
    context.store.write_manifest(live);
} catch (const Error&) { // such as a full disk; the next reload makes one deploy too many
}

/// On a full or read-only disk, those of its last start remain.
void renew_socket_options(SiteContext& context, const site::Manifest& live, const Reach& reach) try {
    write_socket_options(context, live, reach);
} catch (const Error& error) {
    context.story.say(Event::warning, sd::Priority::warning, error.what());
}

} // namespace

void go_back(Pursued& pursued, const Picture& picture, int release) {
    auto& context = pursued.context;
    auto failed = picture.find(picture.live)->record;
    failed.set_reason(tell_failure(context, failed));
    try {
        context.store.write_manifest(failed);
    } catch (const Error&) { // a full disk; the reason is in the journal
    }
    copy(pursued, picture, release, Candidate::Purpose::way_back);
}

void start_live(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    const auto& live = *picture.find(picture.live);
    const auto unit = release_unit(context.name(), live.record.release);
    record_settings(context, live.record);
    context.story.about(live.record.release);
    if (live.run == Run::fell && !live.exited_well) {
        (void)tell_failure(context, live.record);
        if (is_without_way_back(picture, live))
            context.story.say(Event::roll_back_failed, sd::Priority::error,
                              "no earlier release to go back to; the live one is started again");
    }
    pursued.keep(after_start_of_live(picture));
    context.manager.reset_failed(unit);
    renew_socket_options(context, live.record, reach_of(context, picture, &live));
    try {
        (void)context.manager.queue_start(unit);
    } catch (const Error& error) { // for example, it is masked
        pursued.keep(after_failed_start_of_live(after_start_of_live(picture), picture.now, error.what()));
        return context.story.say(Event::warning, sd::Priority::error,
                                 fmt::format("{}; it is tried again automatically", error.what()));
    }
    pursued.live_was_started = true;
    pursued.start_again = false;
}

void count_failure(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    const auto& live = *picture.find(picture.live);
    pursued.live_was_started = false;
    const auto status = context.manager.status(release_unit(context.name(), live.record.release));
    const auto why = evidence(status, context.manager.version(),
                              "; it is tried again automatically, " + what_helps(context, picture));
    pursued.keep(after_failed_start_of_live(pursued.tries, picture.now, failure_text(status)));
    context.story.say(Event::warning, sd::Priority::error,
                      fmt::format("starting {}: {}", quote(release_unit(context.name(), live.record.release)), why));
}

} // namespace baton::deploy
