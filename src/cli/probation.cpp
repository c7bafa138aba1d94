// SPDX-License-Identifier: MIT
#include "cli/probation.hpp"

#include "base/text.hpp"
#include "cli/interrupt.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/tell/typed.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace baton::cli {
namespace {

std::optional<site::Time> end_of(const deploy::SiteContext& context, int release) {
    return deploy::probation_end(context.store.manifest(release), std::chrono::system_clock::now());
}

void wait_for_verdict(const Environment& environment, deploy::SiteContext& context, int release) {
    const auto record = context.store.manifest(release);
    const auto end = end_of(context, release);
    const auto until =
        end ? fmt::format(", on probation until {}, and is rolled back if it fails", iso8601(*end)) : std::string{};
    const auto text = fmt::format("{} stays live{}; baton deploy --until-proven {} waits again",
                                  deploy::release_text(record), until, context.name());
    const OnInterrupt goes_on{deploy::typed_for(context.paths.scope, text)};
    deploy::wait_until_proven(context, release, deploy::NewerWish::changes_nothing);
    if (environment.json()) return;
    const auto served = std::chrono::system_clock::now() - record.live_since.value_or(site::Time{});
    fmt::print("{} is proven: it has been live for {}\n", deploy::release_text(record), duration_text(served));
}

void tell_probation(const Environment& environment, const deploy::SiteContext& context, int release) {
    if (environment.json() || sd::stderr_is_journal() || !end_of(context, release)) return;
    fmt::print("{} --until-proven {} waits for the end of its probation\n",
               deploy::typed_for(context.paths.scope, "baton deploy"), context.name());
    (void)std::fflush(stdout); // it is live, also if nobody can be told
}

} // namespace

deploy::Deployed make_live(const Environment& environment, const std::string& site, std::string_view what,
                           const std::function<deploy::Deployed()>& make) {
    const OnInterrupt goes_on{
        deploy::typed_for(environment.paths().scope,
                          fmt::format("the {} goes on; baton status {} shows what becomes of it", what, site))};
    return make();
}

void tell_verdict(const Environment& environment, deploy::SiteContext& context, int release, Verdict verdict) {
    if (verdict == Verdict::awaited)
        wait_for_verdict(environment, context, release);
    else
        tell_probation(environment, context, release);
}

} // namespace baton::cli
