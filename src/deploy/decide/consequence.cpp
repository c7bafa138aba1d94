// SPDX-License-Identifier: MIT
#include "deploy/decide/consequence.hpp"

#include "deploy/tell/telling.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <fmt/format.h>

namespace baton::deploy {
namespace {

using Purpose = Candidate::Purpose;

Try next_try(const Try& last, const Picture& picture, std::string why) {
    Try next = last;
    next.count += 1;
    next.next = picture.now + back_off(next.count);
    next.why = std::move(why);
    next.of = picture.wish.number;
    next.conf = picture.conf.stamp;
    return next;
}

/// Empty when the last failure was for another wish.
Try last_try(const Picture& picture) {
    const auto& last = picture.tries.wish;
    return last.of == picture.wish.number && last.conf == picture.conf.stamp ? last : Try{};
}

/// Why the release that `candidate` replaces counts as rolled back; empty when it is only replaced.
std::optional<std::string> why_taken_back(const Picture& picture, const Candidate& candidate,
                                          const site::Manifest& manifest) {
    if (!picture.live || !manifest.copy_of) return std::nullopt;
    if (candidate.purpose == Purpose::way_back) return picture.find(picture.live)->record.reason;
    return *picture.live > *manifest.copy_of ? std::optional<std::string>{"taken back by hand"} : std::nullopt;
}

/// What the process saw that made the live release live and was then killed: the live release is still the candidate.
Picture before_interrupted_switch(const Picture& picture) {
    auto was = picture;
    const auto& record = picture.find(picture.live)->record;
    const auto& wish = picture.wish;
    const bool is_decided = picture.decided.wish == wish.number && picture.decided.release == record.release;
    const bool was_asked_for =
        wish.release && record.copy_of == wish.release && (is_decided || wish.number > picture.decided.wish);
    was.candidate = Candidate{.release = record.release,
                              .purpose = record.copy_of && !was_asked_for ? Purpose::way_back : Purpose::wish,
                              .wish = wish.number,
                              .conf = wish.conf,
                              .start_result = {}};
    was.live.reset();
    for (const auto& release : picture.releases)
        if (release.record.live_since && !release.record.live_until && release.record.release != record.release)
            was.live = release.record.release;
    return was;
}

} // namespace

Tries after_put_off(const Picture& picture, std::string why) {
    auto tries = picture.tries;
    tries.wish = next_try(last_try(picture), picture, std::move(why));
    return tries;
}

Tries after_way_back_failed(const Picture& picture, std::string why) {
    auto tries = picture.tries;
    tries.way_back = next_try(tries.way_back, picture, std::move(why));
    return tries;
}

bool is_start_forgotten(const Picture& picture, const ReleasePicture& live) {
    using namespace std::chrono_literals;
    const auto& tries = picture.tries;
    // systemd soon forgets how long the release lived, and that it did. A start that failed has a reason.
    const auto since_start = picture.now - (tries.live.next - back_off(tries.live.count));
    const bool has_lived = live.lived > 0s || (tries.live.why.empty() && since_start >= 1s);
    const bool was_told = live.run == Run::down && has_lived;
    const bool was_idle = live.exited_well && live.lived >= 1s;
    return is_forgotten(tries.live, live.record.release, was_told || was_idle ? 1h : live.lived);
}

Tries after_start_of_live(const Picture& picture) {
    const auto& live = *picture.find(picture.live);
    auto tries = picture.tries;
    if (is_start_forgotten(picture, live)) tries.live = {};
    tries.live.of = static_cast<std::uint64_t>(live.record.release);
    tries.live.count += 1;
    tries.live.why.clear();
    tries.live.next = picture.now + back_off(tries.live.count);
    return tries;
}

Tries after_failed_start_of_live(Tries tries, site::Time now, std::string why) {
    tries.live.next = now + back_off(tries.live.count);
    tries.live.why = std::move(why);
    return tries;
}

Tries after_listening(Tries tries) {
    tries.listener = {};
    return tries;
}

Tries after_failed_listening(Tries tries, site::Time now, std::string why) {
    tries.listener.count += 1;
    tries.listener.next = now + back_off(tries.listener.count);
    tries.listener.why = std::move(why);
    return tries;
}

Tries after_verdict(const Picture& picture) {
    auto tries = picture.tries;
    tries.wish = {};
    return tries;
}

Tries after_switch(const Picture& picture) {
    auto tries = picture.tries;
    tries.wish = {};
    tries.way_back = {};
    return tries;
}

std::vector<site::Manifest> records_after_switch(const Picture& picture, const Candidate& candidate,
                                                 const std::map<std::string, double>& step_ms, site::Time now) {
    auto manifest = picture.find(candidate.release)->record;
    manifest.outcome = site::Outcome::accepted;
    manifest.live_since = now;
    if (candidate.proof != site::Proof::unknown) manifest.proof = candidate.proof;
    if (candidate.nonblocking) manifest.nonblocking = candidate.nonblocking;
    manifest.step_ms = step_ms;
    std::vector<site::Manifest> records;
    if (const auto* const live = picture.find(picture.live); live != nullptr) {
        auto before = live->record;
        before.live_until = now;
        if (auto why = why_taken_back(picture, candidate, manifest)) {
            before.outcome = site::Outcome::rolled_back;
            if (candidate.purpose == Purpose::wish) before.set_reason(*why);
        }
        records.push_back(std::move(before));
    }
    records.push_back(std::move(manifest));
    return records;
}

std::vector<site::Manifest> records_after_interrupted_switch(const Picture& picture) {
    const auto was = before_interrupted_switch(picture);
    return records_after_switch(was, *was.candidate, picture.find(picture.live)->record.step_ms, picture.now);
}

std::optional<Decision> decision_after_interrupted_switch(const Picture& picture) {
    const auto was = before_interrupted_switch(picture);
    // The next import checks whether the directory still has the content that went live.
    if (!picture.find(picture.live)->record.copy_of) return std::nullopt;
    return decision_after_switch(was, *was.candidate, std::nullopt);
}

Decision decision_after_switch(const Picture& picture, const Candidate& candidate, std::optional<int> made_live) {
    Decision decision{.wish = candidate.wish,
                      .conf = candidate.conf,
                      .result = Decision::Result::live,
                      .release = candidate.release,
                      .error = {},
                      .hint = {},
                      .at = picture.now,
                      .imported = {},
                      .tree = {}};
    if (candidate.purpose == Purpose::wish) return decision;
    if (!picture.live) return picture.decided;
    const auto& failed = picture.find(picture.live)->record;
    decision = picture.decided;
    if (decision.release != failed.release) return decision; // the decision is about something newer
    decision.result = Decision::Result::rolled_back;
    decision.kind = error_kind::rolled_back;
    decision.error = fmt::format("{} went live and failed{}: {}", release_text(failed),
                                 made_live == failed.release ? " at once" : " on probation",
                                 failed.reason + (failed.evidence.empty() ? "" : "\n" + failed.evidence));
    decision.hint = fmt::format("{} is still serving", release_text(picture.find(candidate.release)->record));
    return decision;
}

Decision decision_after_refusal(const Picture& picture, std::optional<int> rejected, const Error& error) {
    // The outcome of a roll back says nothing about a newer wish.
    const auto* const candidate = picture.candidate ? picture.find(picture.candidate->release) : nullptr;
    const bool of_roll_back = candidate != nullptr && candidate->record.copy_of;
    return {.wish = of_roll_back ? picture.candidate->wish : picture.wish.number,
            .conf = picture.conf.stamp,
            .result = rejected ? Decision::Result::rejected : Decision::Result::refused,
            .release = rejected,
            .kind = error.kind(),
            .error = error.what(),
            .hint = error.hint(),
            .at = picture.now,
            .imported = {},
            .tree = {}};
}

Decision decision_unchanged(const Picture& picture, int live) {
    return {.wish = picture.wish.number,
            .conf = picture.conf.stamp,
            .result = Decision::Result::unchanged,
            .release = live,
            .error = {},
            .hint = {},
            .at = picture.now,
            .imported = {},
            .tree = {}};
}

Recourse recourse(ErrorKind kind, Act act, bool has_candidate) noexcept {
    if (act == Act::go_back && !has_candidate) return Recourse::put_off_way_back;
    const bool of_wish = has_candidate || act == Act::copy || act == Act::import;
    if (!of_wish) return Recourse::end;
    if (kind == error_kind::config) return Recourse::refuse;
    return has_candidate ? Recourse::drop : Recourse::put_off;
}

} // namespace baton::deploy
