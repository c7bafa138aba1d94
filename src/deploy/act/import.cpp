// SPDX-License-Identifier: MIT
// Makes a candidate of what is wanted: a snapshot of the site's directory, or a copy of an older release.
#include "site/release/import.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/snapshot.hpp"
#include "deploy/decide/consequence.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/may_listen.hpp"
#include "deploy/units/unit_settings.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "site/release/site_dir.hpp"

#include <fmt/format.h>

#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;

constexpr auto k_patience = 60s; // with a writer; baton waits longer for the upload, but its callers do not
constexpr auto k_pause = 20ms;   // between two attempts

void decide_unchanged(Pursued& pursued, const Picture& picture, const site::Manifest& live) {
    auto decision = decision_unchanged(picture, live.release);
    decision.at = std::chrono::system_clock::now();
    decision.imported = pursued.imported;
    write_decision(pursued.context.store, decision);
}

/// Whether a roll back to `of` would exchange nothing: the live release runs, with that content and today's settings.
bool is_live_as(const SiteContext& context, const ReleasePicture& live, const ReleasePicture& of) {
    return live.run == Run::up && live.record.tree_sha256 == of.record.tree_sha256 &&
           live.record.settings_sha256 ==
               settings_digest(context.paths, context.name(), context.record, live.record.conf.all_addresses());
}

Error refused_again(const SiteContext& context, const site::Manifest& before) {
    return Error{
        fmt::format("release {} had exactly this content and was {}: {}", before.release,
                    site::outcome_text(before.outcome), before.reason),
        error_kind::rejected,
        fmt::format("{}; baton deploy --force {} tries it again", still_serving_text(context), context.name())};
}

Error with_serving_hint(const SiteContext& context, const Error& error) {
    return error.with_hint(still_serving_text(context) + (error.hint().empty() ? "" : "; " + error.hint()));
}

/// Somebody writes one of the files. True when this has taken too long.
bool is_out_of_patience(Pursued& pursued) {
    const auto now = Pursued::Clock::now();
    if (!pursued.busy_since) pursued.busy_since = now;
    return now - *pursued.busy_since >= k_patience;
}

Error still_written(const SiteContext& context, const std::string& path) {
    const auto& directory = context.record.directory;
    return Error{fmt::format("importing {}: {} is still being written after {}", quote(directory.native()), quote(path),
                             duration_text(k_patience)),
                 error_kind::failed, fmt::format("lsof {} shows who writes it", quote((directory / path).native()))};
}

void take(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    // Another rest never follows the rest of an upload: a file that changes for ever would make releases for ever.
    const bool is_rest = picture.conf.rest_has_come && picture.decided.result != Decision::Result::refused;
    pursued.imported = is_rest ? std::optional<site::Time>{} : std::chrono::system_clock::now();
    pursued.follows_upload = false;
    pursued.taken = std::chrono::system_clock::now();
    auto taken = take_snapshot(context, picture.wish, pursued.stopwatch);
    pursued.busy_since.reset();
    switch (taken.what) {
    case Taken::What::made:
        pursued.step_ms = taken.manifest.step_ms;
        pursued.candidate = with_proof(context, taken.manifest,
                                       Candidate{.release = taken.manifest.release,
                                                 .wish = picture.wish.number,
                                                 .conf = picture.conf.stamp,
                                                 .start_result = {}});
        return;
    case Taken::What::unchanged:
        return decide_unchanged(pursued, picture, taken.manifest);
    case Taken::What::refused:
        return refuse(pursued, picture, refused_again(context, taken.manifest), taken.manifest.release);
    }
}

} // namespace

void import(Pursued& pursued, const Picture& picture) try {
    take(pursued, picture);
} catch (const site::Unsettled& unsettled) {
    if (!is_out_of_patience(pursued)) return std::this_thread::sleep_for(k_pause);
    pursued.busy_since.reset();
    put_off(pursued, picture, with_serving_hint(pursued.context, still_written(pursued.context, unsettled.path)));
} catch (const Error& error) {
    const auto told = with_serving_hint(pursued.context, error);
    if (error.kind() == error_kind::failed) return put_off(pursued, picture, told);
    refuse(pursued, picture, told);
}

void copy(Pursued& pursued, const Picture& picture, int release, Candidate::Purpose purpose) {
    auto& context = pursued.context;
    const auto* const of = picture.find(release);
    if (of == nullptr)
        return refuse(
            pursued, picture,
            Error{fmt::format("rolling back {} to release {}: its snapshot is gone", quote(context.name()), release),
                  error_kind::usage, fmt::format("baton status {} lists its releases", context.name())});
    pursued.imported.reset();
    if (purpose == Candidate::Purpose::wish) {
        if (const auto* const live = picture.find(picture.live); live != nullptr && is_live_as(context, *live, *of))
            return decide_unchanged(pursued, picture, live->record);
        require_apart_from_live(context.store, of->record.conf);
    }
    pursued.stopwatch.lap();
    const auto manifest = copy_release(context, of->record);
    pursued.step_ms = manifest.step_ms;
    pursued.candidate = Candidate{.release = manifest.release,
                                  .purpose = purpose,
                                  .wish = picture.wish.number,
                                  .conf = picture.conf.stamp,
                                  .proof = of->record.proof, // it has been live
                                  .nonblocking = of->record.nonblocking,
                                  .start_result = {}};
    if (!of->record.live_since) pursued.candidate = with_proof(context, manifest, *pursued.candidate);
}

} // namespace baton::deploy
