// SPDX-License-Identifier: MIT
#include "deploy/until_proven.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/change_watch.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/tell/draining.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "deploy/wish/tries.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds k_look_at_least = 1s; // clocks jump, and a change can go unseen
constexpr auto k_until_handled = 10s;        // after a failure: a roll back, or another start, has begun by then

/// One wait. The release's failure is seen here; what follows from it is somebody else's decision.
class Wait {
  public:
    Wait(SiteContext& context, int release) : context_{context}, release_{release} {}

    /// True once it is proven. Throws Error when it will not be.
    [[nodiscard]] bool is_over();
    void require_no_newer_wish() const;

  private:
    [[nodiscard]] Error failed(const std::string& why, const std::string& hint = {}) const {
        return Error{fmt::format("waiting until {} is proven: {}", release_text(record_), why), error_kind::failed,
                     hint.empty() ? still_serving_text(context_) : hint};
    }
    void require_live() const;
    void require_up_site() const;
    void note_fall(const sd::UnitStatus& status);

    SiteContext& context_;
    int release_;
    site::Manifest record_ = {};
    std::optional<Clock::time_point> fell_since_ = std::nullopt;
    std::string why_it_fell_ = {};
};

std::string marked(std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        text += fmt::format("\n  | {}", lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return text;
}

void Wait::require_live() const {
    if (record_.outcome == site::Outcome::rolled_back)
        throw Error{fmt::format("{} went live and was rolled back on probation: {}{}", release_text(record_),
                                record_.reason, marked(record_.evidence)),
                    error_kind::rolled_back,
                    fmt::format("{}; baton logs {} {} shows its output", still_serving_text(context_), context_.name(),
                                release_)};
    const auto live = context_.store.live();
    if (live != release_ && live && record_.live_until) // otherwise the switch is not recorded yet
        throw failed(release_text(context_.store.manifest(*live)) + " has replaced it",
                     fmt::format("baton deploy --until-proven {} waits for that one", context_.name()));
}

void Wait::require_up_site() const {
    const auto handle = context_.manager.status(handle_unit(context_.name()));
    if (!context_.store.record()) throw failed("the site was removed");
    if (sd::is_down(handle.active_state) && !handle.has_job)
        throw failed("the site was stopped", fmt::format("systemctl start {}", context_.name()));
}

void Wait::note_fall(const sd::UnitStatus& status) {
    if (!fell_since_) {
        fell_since_ = Clock::now();
        why_it_fell_ = evidence(status, context_.manager.version());
    }
    const auto tries = read_tries(context_.tries_path());
    if (tries.way_back.count > 0) throw failed("it failed, and so did the roll back: " + tries.way_back.why);
    if (Clock::now() - *fell_since_ > k_until_handled)
        throw failed(why_it_fell_, "baton status " + context_.name() + " shows what is tried next");
}

bool Wait::is_over() {
    record_ = context_.store.manifest(release_);
    require_live();
    require_up_site();
    const auto status = context_.manager.status(release_unit(context_.name(), release_));
    const bool is_proven = standing(record_, std::chrono::system_clock::now()) == Standing::proven;
    const bool exited_well = status.result == sd::ServiceResult::success;
    if (status.fell() && !(is_proven && exited_well)) { // that one rests until the next connection
        note_fall(status);
        return false;
    }
    if (fell_since_ && sd::is_up(status.active_state))
        throw failed(why_it_fell_, "it was started again, because there is no release to go back to; baton logs " +
                                       context_.name() + " shows its output");
    return is_proven && (sd::is_up(status.active_state) || !status.around());
}

void Wait::require_no_newer_wish() const {
    if (context_.manager.job_waits(handle_unit(context_.name())))
        throw failed("somebody asked for another reload", "it begins now");
    const auto stamp = site::conf_stamp(context_.record.directory, context_.record.conf_name);
    const auto watch = context_.manager.status(path_unit(context_.name())).active_state;
    if (stamp == read_decision(context_.store).conf || watch != sd::ActiveState::active) return;
    throw failed(context_.record.conf_name + " was edited", "the edit is deployed now");
}

void tell_progress(SiteContext& context, int release, DrainProgress& drain) {
    if (!context.story.is_watched()) return;
    const auto record = context.store.manifest(release);
    const auto now = std::chrono::system_clock::now();
    const auto end = probation_end(record, now);
    if (!end) return;
    const auto drains = drain.text();
    const auto whole = std::max(record.conf.probation.count(), 1e-3);
    const auto left = std::chrono::duration<double>(*end - now).count();
    context.story.progress("probation",
                           fmt::format("{:.0f} s left{}{}", std::ceil(left), drains.empty() ? "" : "; ", drains),
                           1 - left / whole);
}

milliseconds until_next_look(SiteContext& context, int release) {
    const auto now = std::chrono::system_clock::now();
    const auto end = probation_end(context.store.manifest(release), now);
    if (!end) return k_look_at_least;
    return std::min(k_look_at_least, std::chrono::ceil<milliseconds>(*end - now));
}

} // namespace

void wait_until_proven(SiteContext& context, int release, NewerWish newer_wish) {
    context.manager.heed([site = context.name()](std::string_view unit) { return is_of_site(site, unit); });
    ChangeWatch watch{context};
    Wait wait{context, release};
    DrainProgress drain{context};
    while (!wait.is_over()) {
        tell_progress(context, release, drain);
        if (newer_wish == NewerWish::ends_it) wait.require_no_newer_wish();
        context.manager.wait_for_change({watch.descriptor()}, until_next_look(context, release));
        watch.forget_changes();
    }
}

} // namespace baton::deploy
