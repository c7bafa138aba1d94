// SPDX-License-Identifier: MIT
#include "deploy/go_live.hpp"

#include "deploy/prune.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/take_over.hpp"
#include "deploy/telling.hpp"

#include <fmt/format.h>

namespace baton::deploy {

Deployed go_live(SiteContext& context, const site::Manifest& manifest, Event event) {
    const auto taken = take_over(context, manifest);
    Stopwatch stopwatch;
    const auto deleted = prune(context, taken.release, manifest.conf.keep_releases);
    context.story.step(Step::prune,
                       fmt::format("{} old snapshots deleted, {} kept", deleted, context.store.releases().size()),
                       stopwatch.lap());
    context.story.say(event, sd::Priority::notice,
                      fmt::format("{} is live, pid {}, program {:.12}{}", release_text(manifest), taken.main_pid,
                                  manifest.program_sha256,
                                  taken.draining.empty() ? "" : fmt::format("; release {} drains", taken.draining)));
    return {taken.release, manifest.conf.ver, taken.main_pid, true};
}

} // namespace baton::deploy
