// SPDX-License-Identifier: MIT
// Maps an action's name to its executor.
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/prune.hpp"
#include "deploy/act/write_units.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/running.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/script_note.hpp"
#include "deploy/units/unit_names.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

void reject_failed(Pursued& pursued, const Picture& picture) {
    const auto unit = release_unit(pursued.name(), pursued.candidate->release);
    const auto status = pursued.context.manager.status(unit);
    const auto& record = picture.find(pursued.candidate->release)->record;
    const auto note = script_note(pursued.context.store.program_path(record));
    const auto why = evidence(status, pursued.context.manager.version(), note);
    const bool was_asked = pursued.probe.has_value(); // in a preflight, once it was up
    if (!was_asked) return reject(pursued, picture, "start", Error{fmt::format("starting {}: {}", quote(unit), why)});
    reject(pursued, picture, "preflight", Error{fmt::format("trying {} on sockets of its own: {}", quote(unit), why)});
}

/// Reports a release that failed as it ended. Otherwise its unit would stay, and make the host "degraded".
void forget_failure(SiteContext& context, const Picture& picture, int release) {
    const auto unit = release_unit(context.name(), release);
    context.story.about(release);
    context.story.say(
        Event::warning, sd::Priority::warning,
        fmt::format("release {}, {}: {}", release,
                    release == picture.live ? "whose site is stopped, failed" : "which is not live, failed as it ended",
                    end_text(context.manager.status(unit))));
    context.manager.reset_failed(unit);
}

/// Once in each process: without a free inotify instance the start fails again, and that must not delay other actions.
void start_watch(Pursued& pursued) {
    auto& context = pursued.context;
    pursued.watch_was_started = true;
    const auto unit = path_unit(context.name());
    // Not reset_failed(): a unit that is inactive counts as stopped by a person.
    const auto result = context.manager.start(unit);
    context.story.say(
        Event::warning, sd::Priority::warning,
        fmt::format("{} had failed, so edits went unseen; starting it again: {}", unit, sd::job_result_text(result)));
}

} // namespace

void unbind(SiteContext& context, const std::string& listener) {
    (void)context.manager.stop(listener);
    context.manager.reset_failed(listener);
    context.story.say(Event::deploy_step, sd::Priority::info, fmt::format("no longer listening with {}", listener));
}

void perform(Pursued& pursued, const Picture& picture, const Action& action) {
    switch (action.act) {
    case Act::finish_switch:
        return finish_switch(pursued, picture);
    case Act::tell:
        return pursued.context.manager.queue_stop(release_unit(pursued.name(), action.release));
    case Act::forget_failure:
        return forget_failure(pursued.context, picture, action.release);
    case Act::drop:
        return drop(pursued, picture, action);
    case Act::write_units:
        return write_needed_units(pursued, picture);
    case Act::start_watch:
        return start_watch(pursued);
    case Act::listen:
        return listen(pursued, picture, action.unit);
    case Act::reject:
        return reject_failed(pursued, picture);
    case Act::bind:
        return bind(pursued, picture);
    case Act::start:
        return start(pursued, picture);
    case Act::preflight:
        return conclude_preflight(pursued, picture);
    case Act::check:
        return check(pursued, picture);
    case Act::switch_over:
        return switch_over(pursued, picture);
    case Act::copy:
        return copy(pursued, picture, action.release, Candidate::Purpose::wish);
    case Act::import:
        return import(pursued, picture);
    case Act::count_failure:
        return count_failure(pursued, picture);
    case Act::go_back:
        return go_back(pursued, picture, action.release);
    case Act::start_live:
        return start_live(pursued, picture);
    case Act::unbind:
        return unbind(pursued.context, action.unit);
    case Act::prune:
        return (void)prune(pursued.context, running_releases(pursued.context), *picture.live,
                           picture.find(picture.live)->record.conf.keep_releases);
    case Act::wait:
    case Act::settled:
        return;
    }
}

} // namespace baton::deploy
