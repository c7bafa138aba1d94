// SPDX-License-Identifier: MIT
#include "deploy/picture/directory.hpp"

#include "base/error.hpp"
#include "site/release/site_dir.hpp"
#include "site/release/tree_look.hpp"

#include <algorithm>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto k_longest_settling = 60s;     // at least; or ten times DelaySecond: somebody may touch a file for ever
constexpr milliseconds k_rest_is_quiet = 1s; // for the rest of an upload: no watch.conf names a time for it
constexpr auto k_late = 500ms;               // how late the timer of the look may be

/// If watch.conf cannot be read, looks only at the file itself; the import reports the error.
site::WatchConf conf_of(const std::string& text, const site::SiteRecord& record) try {
    return site::parse_watch_conf(text, record.conf_name).conf;
} catch (const Error&) {
    return {};
}

std::optional<site::TreeLook> look(const site::SiteRecord& record, const site::WatchConf& conf) try {
    return site::newest_change(record.directory, site::Excludes{conf.exclude, record.conf_name});
} catch (const Error&) { // the import reports it
    return std::nullopt;
}

site::WatchConfFile read_conf(const site::SiteRecord& record) {
    return site::read_watch_conf(record.directory, record.conf_name);
}

/// Whether more arrived after the import: within moments of a decision, or at any time after a refusal.
bool has_rest_come(Pursued& pursued, const Decision& decided) {
    const auto& record = pursued.context.record;
    if (has_changed_since_refused(record, decided)) return true;
    if (!decided.imported) return false;
    const auto until = decided.at + k_same_upload + k_late;
    const auto now = std::chrono::system_clock::now();
    if (!pursued.follows_upload && (now > until || now < decided.at)) return false;
    try {
        const auto newest = look(record, conf_of(read_conf(record).text, record));
        const bool came = newest && newest->newest_change > *decided.imported;
        pursued.follows_upload = came && (pursued.follows_upload || newest->newest_change <= until);
    } catch (const Error&) {
        pursued.follows_upload = false;
    }
    return pursued.follows_upload;
}

/// Somebody has replaced the program, say, and asks for it while an older build hangs in its start. Compares once for
/// each wish: a file that changes all the time must not end every start.
bool is_candidate_old(Pursued& pursued, const Wish& wish) try {
    const auto& candidate = pursued.candidate;
    const bool asks =
        candidate && candidate->purpose == Candidate::Purpose::wish && wish.number > candidate->wish && !wish.release;
    if (!asks) return false;
    if (pursued.compared_for != wish.number) {
        const auto& record = pursued.context.record;
        const auto newest = look(record, conf_of(read_conf(record).text, record));
        pursued.compared_for = wish.number;
        pursued.has_changed_for_it = newest && newest->newest_change > pursued.taken;
    }
    return pursued.has_changed_for_it;
} catch (const Error&) { // the import reports it
    return false;
}

/// Measures quiet time on the monotonic clock since the directory was first seen in this state, or by the newest
/// change's ctime, whichever ends first.
void settle(Pursued& pursued, ConfPicture& conf, site::Time changed, milliseconds delay) {
    const auto now = Pursued::Clock::now();
    if (pursued.settling != conf.stamp || pursued.settling_change != changed) {
        pursued.settling = conf.stamp;
        pursued.settling_change = changed;
        pursued.settling_since = now;
        if (pursued.unsettled_since == Pursued::Clock::time_point{}) pursued.unsettled_since = now;
    }
    const auto age = std::chrono::system_clock::now() - changed;
    const auto seen = now - pursued.settling_since;
    const auto bound = std::max<milliseconds>(k_longest_settling, 10 * delay);
    const auto left = std::min(delay - std::chrono::floor<milliseconds>(seen),
                               age < 0ms ? delay : delay - std::chrono::floor<milliseconds>(age));
    conf.quiet = left <= 0ms || now - pursued.unsettled_since > bound;
    if (conf.quiet)
        pursued.unsettled_since = {};
    else
        conf.quiet_in = left;
}

} // namespace

ConfPicture look_at_directory(Pursued& pursued, const Decision& decided, const Wish& wish) {
    const auto& record = pursued.context.record;
    ConfPicture picture;
    picture.stamp = site::conf_stamp(record.directory, record.conf_name);
    const bool is_decided = picture.stamp == decided.conf && wish.number <= decided.wish;
    picture.candidate_is_old = is_candidate_old(pursued, wish);
    picture.rest_has_come = is_decided && has_rest_come(pursued, decided);
    if (is_decided && !picture.rest_has_come) return picture; // nothing is asked for
    try {
        const auto file = read_conf(record);
        // A change between the two reads is the same edit: to treat it as another would restart the deploy.
        const auto stamp = site::conf_stamp(record.directory, record.conf_name);
        const bool busy = file.being_written || stamp != picture.stamp;
        const auto now = Pursued::Clock::now();
        if (!busy) pursued.conf_busy_since.reset();
        if (busy && !pursued.conf_busy_since) pursued.conf_busy_since = now;
        picture.being_written = busy && now - *pursued.conf_busy_since < k_longest_settling;
        const auto conf = conf_of(file.text, record);
        auto delay = std::chrono::duration_cast<milliseconds>(conf.delay);
        if (picture.rest_has_come) delay = std::max(delay, k_rest_is_quiet);
        const auto newest = delay > 0ms ? look(record, conf) : std::nullopt;
        settle(pursued, picture, newest ? std::max(newest->newest_change, file.changed) : file.changed, delay);
    } catch (const Error&) { // the import reports it
    }
    return picture;
}

std::string fingerprint(const site::SiteRecord& record) noexcept try {
    std::string text;
    try {
        text = read_conf(record).text;
    } catch (const Error&) { // for example, it is missing; when it comes, it is an edit
    }
    const auto seen = look(record, conf_of(text, record));
    return seen ? seen->fingerprint : "";
} catch (...) {
    return "";
}

bool has_changed_since_refused(const site::SiteRecord& record, const Decision& decided) noexcept {
    if (decided.result != Decision::Result::refused || decided.tree.empty()) return false;
    const auto now = fingerprint(record);
    return !now.empty() && now != decided.tree;
}

} // namespace baton::deploy
