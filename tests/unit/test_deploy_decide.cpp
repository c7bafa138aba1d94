// SPDX-License-Identifier: MIT
// The decision's table, line by line.
#include "deploy/decide/consequence.hpp"
#include "deploy/decide/decide.hpp"
#include "deploy/trigger.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <doctest/doctest.h>

using namespace baton;
using namespace baton::deploy;
using namespace std::chrono_literals;

namespace {

const site::Time k_now = site::Time{} + 24h * 365 * 50;
const site::SourceStamp k_conf{1, 2, 3, 4, 5};
const site::SourceStamp k_edited{1, 2, 3, 4, 6};

site::Manifest record(int release, std::string content, site::Outcome outcome = site::Outcome::accepted) {
    site::Manifest manifest;
    manifest.release = release;
    manifest.tree_sha256 = std::move(content);
    manifest.outcome = outcome;
    return manifest;
}

/// Release 1, proven, has been replaced by release 2, which is live and proven as well.
struct Site {
    Picture picture;

    Site() {
        picture.now = k_now;
        picture.site_is_up = true;
        picture.watches = true;
        picture.conf.stamp = k_conf;
        picture.decided.conf = k_conf;
        picture.live = 2;
        auto first = record(1, "a");
        first.live_since = k_now - 48h;
        first.live_until = k_now - 24h;
        auto second = record(2, "b");
        second.live_since = k_now - 24h;
        picture.releases = {{.record = first}, {.record = second, .run = Run::up}};
        picture.listeners = {{.unit = "s.socket", .wanted = true, .active = true, .is_lives = true}};
    }
    ReleasePicture& live() { return picture.releases.at(1); }
    /// Release 3, on its way.
    Candidate& candidate(Run run) {
        picture.releases.push_back({.record = record(3, "c", site::Outcome::pending), .run = run});
        picture.conf.stamp = k_edited;
        picture.candidate = Candidate{.release = 3, .conf = k_edited, .start_result = {}};
        return *picture.candidate;
    }
    void on_probation() { live().record.live_since = k_now - 1s; }
    [[nodiscard]] Action decided() const { return decide(picture); }
};

} // namespace

TEST_CASE("a release without a snapshot is told to leave, but only if another serves") {
    Site site;
    site.picture.strays = {7};
    CHECK(site.decided().act == Act::tell);
    CHECK(site.decided().release == 7);
    site.picture.live.reset(); // somebody has removed the link
    CHECK(site.decided().act != Act::tell);
}

TEST_CASE("without a live link, a release that was live goes on until another takes over") {
    Site site;
    site.picture.live.reset();
    CHECK(site.decided().act != Act::tell);
    site.live().record.outcome = site::Outcome::pending;
    CHECK(site.decided().act == Act::tell);
}

TEST_CASE("a site whose live release serves what is wanted is settled") {
    CHECK(Site{}.decided().act == Act::settled);
}

TEST_CASE("a listener that is gone is made anew, later each time, and at the latest before the next deploy") {
    Site site;
    auto& listener = site.picture.listeners.front();
    listener.active = false; // the live release holds the socket still
    CHECK(site.decided().act == Act::settled);
    site.picture.wish.number = 1;
    CHECK(site.decided().act == Act::listen);
    CHECK(site.decided().unit == "s.socket");
    site.picture.wish.number = 0;
    listener.answers = false;
    CHECK(site.decided().act == Act::listen);
    site.picture.tries.listener = {.count = 1, .next = k_now + 5s, .why = {}, .conf = {}};
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK(site.decided().limit == 5s);
}

TEST_CASE("a site that starts has its listener started by its release") {
    Site site;
    site.picture.listeners.front() = {.unit = "s.socket", .wanted = true, .is_lives = true, .answers = false};
    site.live().run = Run::down;
    site.picture.start_is_asked = true;
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE("while a site starts its live release goes first, whoever looks; a fix goes before one that cannot start") {
    Site site;
    site.live().run = Run::down;
    site.picture.conf.stamp = k_edited;
    site.picture.handle_starts = site.picture.start_is_asked = true;
    CHECK(site.decided().act == Act::start_live);
    site.live().run = Run::fell;
    CHECK(site.decided().act == Act::import);
}

TEST_CASE("an edit is imported once it is quiet, and not while somebody writes it") {
    Site site;
    site.picture.conf.stamp = k_edited;
    CHECK(site.decided().act == Act::import);
    site.picture.conf.quiet = false;
    site.picture.conf.quiet_in = 7s;
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().limit == 7s);
    CHECK_FALSE(site.decided().idle);
    site.picture.conf.quiet = true;
    site.picture.conf.being_written = true;
    CHECK(site.decided().act == Act::wait);
}

TEST_CASE("what comes after a decision is waited for a moment, and imported when it has come") {
    Site site;
    site.picture.decided.imported = k_now - 1s;
    site.picture.decided.at = k_now - 500ms;
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK(site.decided().limit == k_same_upload - 500ms);
    site.picture.conf.rest_has_come = true;
    CHECK(site.decided().act == Act::import);
    site.picture.conf.quiet = false;
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK_FALSE(stays(Trigger::reload, site.picture, site.decided()));
    CHECK(stays(Trigger::change, site.picture, site.decided()));
    site.picture.watches = false;
    CHECK(site.decided().act == Act::settled);
    site.picture = Site{}.picture;
    site.picture.decided.imported = site.picture.decided.at = k_now - k_same_upload;
    CHECK(site.decided().act == Act::settled);
}

TEST_CASE("an edit of a site that nobody watches asks for nothing, and a wish does") {
    Site site;
    site.picture.watches = false;
    site.picture.conf.stamp = k_edited;
    CHECK(site.decided().act == Act::settled);
    site.picture.wish.number = 1;
    CHECK(site.decided().act == Act::import);
}

TEST_CASE("a wish for an older release stands until watch.conf is edited") {
    Site site;
    site.picture.wish = {.number = 1, .release = 1, .conf = k_conf};
    CHECK(site.decided().act == Act::copy);
    CHECK(site.decided().release == 1);
    site.picture.conf.stamp = k_edited;
    CHECK(site.decided().act == Act::import);
}

TEST_CASE("a candidate is bound, started, checked and switched to, one after the other") {
    Site site;
    auto& candidate = site.candidate(Run::down);
    CHECK(site.decided().act == Act::bind);
    candidate.bound = true;
    CHECK(site.decided().act == Act::start);
    candidate.started = true;
    site.picture.releases.back().run = Run::starting;
    CHECK(site.decided().act == Act::wait);
    candidate.start_has_ended = true;
    site.picture.releases.back().run = Run::up;
    CHECK(site.decided().act == Act::wait); // Type=exec: it has to stay up
    candidate.stayed_up = true;
    CHECK(site.decided().act == Act::check);
    candidate.checked = true;
    CHECK(site.decided().act == Act::switch_over);
}

TEST_CASE("a candidate that failed of itself is rejected; what the host did is no verdict") {
    Site site;
    auto& candidate = site.candidate(Run::fell);
    candidate.bound = candidate.started = candidate.start_has_ended = true;
    CHECK(site.decided().act == Act::reject);
    site.picture.releases.back().hosts_fault = true;
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::host);
    site.picture.releases.back().run = Run::down; // its job was canceled
    site.picture.releases.back().hosts_fault = false;
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::host);
}

TEST_CASE("a candidate whose address systemd does not listen on is dropped, not judged") {
    Site site;
    auto& candidate = site.candidate(Run::up);
    candidate.bound = candidate.started = candidate.start_has_ended = candidate.stayed_up = true;
    site.picture.listeners.push_back({.unit = "s@9090.socket", .wanted = true, .is_candidates = true});
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::host);
    site.picture.releases.back().run = Run::fell; // it was handed no socket
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::host);
}

TEST_CASE("a candidate whose unit is set so that no start brings it up is dropped at once, not judged") {
    Site site;
    auto& candidate = site.candidate(Run::starting);
    candidate.bound = candidate.started = true;
    candidate.hindrance = "Type=oneshot";
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::host);
    CHECK(site.decided().why == "starting it: Type=oneshot");
}

TEST_CASE(
    "a candidate with another address than the live release's is not dropped because that one's listener is down") {
    Site site;
    auto& candidate = site.candidate(Run::up);
    candidate.bound = candidate.started = candidate.start_has_ended = candidate.stayed_up = true;
    site.live().run = Run::down;
    site.picture.listeners = {{.unit = "s.socket", .wanted = true, .is_lives = true},
                              {.unit = "s@9090.socket", .wanted = true, .active = true, .is_candidates = true}};
    CHECK(site.decided().act == Act::check);
}

TEST_CASE("a newer edit replaces the candidate, without a verdict") {
    Site site;
    (void)site.candidate(Run::starting);
    site.picture.conf.stamp = {9, 9, 9, 9, 9};
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::none);
}

TEST_CASE("a stop of the site ends a candidate without a verdict, and nothing else is done") {
    Site site;
    (void)site.candidate(Run::starting);
    site.picture.site_is_up = false;
    CHECK(site.decided().act == Act::drop);
    CHECK(site.decided().fault == Fault::none);
    site.picture.candidate.reset();
    CHECK(site.decided().act == Act::settled);
}

TEST_CASE("what a killed deploy left is told to leave, and its snapshot is dropped") {
    Site site;
    site.picture.releases.push_back({.record = record(3, "c", site::Outcome::pending), .run = Run::up});
    CHECK(site.decided().act == Act::tell);
    site.picture.releases.back().run = Run::leaving;
    CHECK(site.decided().act == Act::drop);
}

TEST_CASE("a switch that was not recorded is finished before anything else") {
    Site site;
    site.live().record.outcome = site::Outcome::pending;
    CHECK(site.decided().act == Act::finish_switch);
    site.picture.records_fail = true; // a full disk: not now
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
}

TEST_CASE("a live release that failed on probation goes back; a proven one is started again") {
    Site site;
    site.live().run = Run::fell;
    CHECK(site.decided().act == Act::start_live);
    site.on_probation();
    CHECK(site.decided().act == Act::go_back);
    CHECK(site.decided().release == 1);
}

TEST_CASE("a release that has run for ProbationSecond is proven, whatever the clock was set to since") {
    Site site;
    site.live().run = Run::fell;
    site.live().lived = 24h;
    site.picture.now -= 48h; // before it went live
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE("a proven release is started again for ever, later each time, and never exchanged") {
    Site site;
    site.live().run = Run::fell;
    site.picture.tries.live = {.count = 50, .next = k_now + 30s, .why = {}, .of = 2, .conf = {}};
    const auto action = site.decided();
    CHECK(action.act == Act::wait);
    CHECK(action.idle);
    CHECK(action.limit == 30s);
    site.picture.now += 31s;
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE("a release on probation that a reboot or a person took down has not failed") {
    Site site;
    site.on_probation();
    site.live().run = Run::down;
    CHECK(site.decided().act == Act::settled);
    site.picture.start_is_asked = true;
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE(
    "a live release that the host did not let start is tried again by itself, and one that a person stopped is not") {
    Site site;
    site.live().run = Run::down;
    site.picture.tries.live = {.count = 1, .next = k_now + 5s, .why = {}, .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::settled); // it had come up, and was stopped
    site.picture.tries.live.why = "its port is taken";
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK(site.decided().limit == 5s);
    site.picture.now += 5s;
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE("a process that a timer has started leaves nothing to a timer that would elapse before its end") {
    Site site;
    site.live().run = Run::fell;
    site.live().hosts_fault = true;
    site.picture.tries.live = {.count = 1, .next = k_now + 20ms, .why = "no socket", .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK(stays(Trigger::change, site.picture, site.decided()));
    CHECK_FALSE(stays(Trigger::start, site.picture, site.decided()));
    site.picture.tries.live.next = k_now + 5s;
    CHECK_FALSE(stays(Trigger::change, site.picture, site.decided()));
}

TEST_CASE("the activation of a listener waits with its client, and for nobody where nothing listens") {
    Site site;
    site.live().run = Run::fell;
    site.live().hosts_fault = true;
    site.picture.tries.live = {.count = 1, .next = k_now + 5s, .why = "no socket", .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::wait);
    CHECK(stays(Trigger::connection, site.picture, site.decided()));
    site.picture.listeners.front().active = false; // its port is taken
    site.picture.tries.listener = {.count = 1, .next = k_now + 5s, .why = "its port is taken", .of = 0, .conf = {}};
    CHECK(site.decided().act == Act::wait);
    CHECK_FALSE(stays(Trigger::connection, site.picture, site.decided()));
}

TEST_CASE("a release that rests is not looked at again and again for a try of before") {
    Site site;
    site.live().run = Run::fell;
    site.live().exited_well = true;
    site.picture.tries.live = {.count = 1, .next = k_now - 5s, .why = {}, .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::settled);
}

TEST_CASE("what was being started while the site was stopped is told to leave, and its listener goes") {
    Site site;
    site.picture.site_is_up = false;
    CHECK(site.decided().act == Act::settled); // it stops, or is started anew: its own stop sees to them
    site.picture.site_is_down = true;
    CHECK(site.decided().act == Act::tell);
    site.live().run = Run::leaving;
    CHECK(site.decided().act == Act::unbind);
    CHECK(site.decided().unit == "s.socket");
}

TEST_CASE("the unit of a release that failed beside the stop of its site is forgotten") {
    Site site;
    site.picture.failed_units = {3};
    site.picture.site_is_up = false;
    CHECK(site.decided().act == Act::forget_failure); // on its way down: nobody may look once it is
    CHECK(site.decided().release == 3);
    site.picture.site_is_down = true;
    CHECK(site.decided().act == Act::forget_failure);
    site.picture.stops = true;
    CHECK(site.decided().act == Act::settled);
    site = Site{}; // the live one, that somebody restarted beside the stop
    site.picture.site_is_up = false;
    site.live().run = Run::fell;
    CHECK(site.decided().act == Act::settled);
    site.live().hosts_fault = true; // it was passed no socket
    CHECK(site.decided().act == Act::forget_failure);
    CHECK(site.decided().release == 2);
}

TEST_CASE("a start that is asked for is not held up by one of before that went well") {
    Site site;
    site.live().run = Run::down; // systemctl restart, twice in a second
    site.live().lived = 400ms;
    site.picture.tries.live = {.count = 1, .next = k_now + 1s, .why = {}, .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::settled); // nobody asks
    site.picture.start_is_asked = true;
    CHECK(site.decided().act == Act::start_live);
    site.picture.tries.live.why = "exit-code";
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().limit == 1s);
}

TEST_CASE("a start that is asked for is not held up where systemd has forgotten that the release has lived") {
    Site site;
    site.live().run = Run::down;
    site.picture.start_is_asked = true;
    auto& last = site.picture.tries.live;
    last = {.count = 3, .next = k_now + 3s, .why = {}, .of = 2, .conf = {}}; // begun a second ago
    CHECK(site.decided().act == Act::start_live);
    last.next = k_now + 4s; // now
    CHECK(site.decided().act != Act::start_live);
    last = {.count = 3, .next = k_now + 3s, .why = "its unit is masked", .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::wait);
}

TEST_CASE("a release that lived long is started again at once, and when that start fails, not before its time") {
    Site site;
    site.live().run = Run::fell;
    site.live().lived = 1h;
    site.picture.tries.live = {.count = 3, .next = k_now + 5s, .why = {}, .of = 2, .conf = {}};
    CHECK(site.decided().act == Act::start_live);
    site.picture.tries.live.why = "its unit is masked"; // no process of it has run since
    CHECK(site.decided().act == Act::wait);
}

TEST_CASE("a fix goes before a way back, also while the live release is down") {
    Site site;
    site.on_probation();
    site.live().run = Run::fell;
    site.picture.conf.stamp = k_edited;
    CHECK(site.decided().act == Act::import);
}

TEST_CASE("a way back that cannot be had is tried again later, and the live one meanwhile") {
    Site site;
    site.on_probation();
    site.live().run = Run::fell;
    site.picture.tries.way_back = {.count = 1, .next = k_now + 5s, .why = {}, .conf = {}};
    CHECK(site.decided().act == Act::start_live);
}

TEST_CASE("what the host did not let happen is tried again when its time has come, by a timer") {
    Site site;
    site.picture.conf.stamp = k_edited;
    site.picture.tries.wish = {.count = 3, .next = k_now + 4s, .why = "the port is taken", .conf = k_edited};
    CHECK(site.decided().act == Act::wait);
    CHECK(site.decided().idle);
    CHECK(site.decided().limit == 4s);
    site.picture.now += 4s;
    CHECK(site.decided().act == Act::import);
    site.picture.now -= 24h; // the clock was set back
    CHECK(site.decided().act == Act::import);
}

TEST_CASE("a watch that failed is started again") {
    Site site;
    site.picture.watch_has_failed = true;
    CHECK(site.decided().act == Act::start_watch);
}

TEST_CASE("a release beyond those that are kept goes, rejected ones too; the way back stays") {
    Site site;
    site.live().record.conf.keep_releases = 2;
    for (int release = 3; release < 9; ++release)
        site.picture.releases.push_back({.record = record(release, "r", site::Outcome::rejected)});
    const auto action = site.decided();
    CHECK(action.act == Act::prune);
    CHECK(action.release == 3);
}

TEST_CASE("what became of a roll back does not decide a deploy that was asked for meanwhile") {
    Site site;
    auto& candidate = site.candidate(Run::fell);
    candidate.wish = 4;
    site.picture.releases.back().record.copy_of = 1;
    site.picture.wish.number = 5;
    const Error error{"it did not start", error_kind::rejected};
    CHECK(decision_after_refusal(site.picture, candidate.release, error).wish == 4);
    site.picture.releases.back().record.copy_of.reset(); // of the directory: the deploy is of the same
    CHECK(decision_after_refusal(site.picture, candidate.release, error).wish == 5);
}

TEST_CASE("unit files that are gone are written again once the site is down, and before that if it is up") {
    Site site;
    site.picture.site_is_up = false;
    site.picture.site_is_down = true;
    CHECK(site.decided().act != Act::write_units);
    site.picture.units_are_gone = true;
    site.live().run = Run::up;
    CHECK(site.decided().act == Act::tell);
    site.live().run = Run::down;
    site.picture.listeners.clear();
    CHECK(site.decided().act == Act::write_units);
    site.picture.stops = true;
    CHECK(site.decided().act == Act::settled);
}

TEST_CASE("a decision that rejects names the rejected release, not the live one; one that refuses names none") {
    const Site site;
    const Error error{"it did not start", error_kind::rejected};
    const auto rejected = decision_after_refusal(site.picture, 7, error);
    CHECK(rejected.result == Decision::Result::rejected);
    CHECK(rejected.release == 7);
    const auto refused = decision_after_refusal(site.picture, {}, error);
    CHECK(refused.result == Decision::Result::refused);
    CHECK_FALSE(refused.release);
}
