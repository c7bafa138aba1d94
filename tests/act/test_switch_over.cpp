// SPDX-License-Identifier: MIT
// switch_over, finish_switch and unbind: one rename makes the candidate live; what follows may fail, and is repeated.
#include "file_size_limit.hpp"
#include "site.hpp"

#include "deploy/units/site_units.hpp"
#include "deploy/units/unit_names.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Candidate;
using baton::deploy::Decision;
using baton::deploy::Tries;
using baton::sd::ActiveState;
using baton::site::Outcome;
using baton::site::Proof;

TEST_CASE("the switch to a first release makes it live, lets it accept and records it") {
    Site site;
    const int release = site.make_live({});
    CHECK(site.live() == release);
    site.wait_until_serving(release);
    CHECK(site.listens());
    CHECK_FALSE(site.pursued.candidate);
    CHECK_FALSE(site.is_held(release));
    CHECK(site.pursued.switched_to == release);
    const auto record = site.record(release);
    CHECK(record.outcome == Outcome::accepted);
    CHECK(record.live_since);
    CHECK(record.proof == Proof::held);
    for (const auto* const step : {"import", "start", "health", "switch", "drain", "prune"})
        CHECK_MESSAGE(record.step_ms.contains(step), step);
    CHECK(site.decision().result == Decision::Result::live);
    CHECK(site.decision().release == release);
    CHECK(site.decision().imported);
}

TEST_CASE("the switch tells the release before to leave, and both records say when") {
    Site site;
    const int before = site.make_live({.ver = "1"});
    site.have_failed(&Tries::wish, 2);
    site.have_failed(&Tries::way_back, 2);
    const int release = site.make_live({.ver = "2"});
    CHECK(site.live() == release);
    site.wait_until_serving(release);
    site.wait_until_down(before);
    CHECK(site.state(before) == ActiveState::inactive);
    CHECK(site.record(before).outcome == Outcome::accepted);
    CHECK(site.record(before).live_until == site.record(release).live_since);
    CHECK(site.tries().wish.count == 0);
    CHECK(site.tries().way_back.count == 0);
    CHECK(site.told().has("release 1 drains"));
    CHECK(site.listens());
}

TEST_CASE("a switch back to older content records what it replaces as taken back") {
    Site site;
    const int old = site.make_live({.ver = "1"});
    const int taken_back = site.make_live({.ver = "2"});
    copy(site.pursued, site.look(), old, Candidate::Purpose::wish);
    site.start_it();
    site.perform(Act::check);
    site.perform(Act::switch_over);
    CHECK(site.live() == 3);
    CHECK(site.record(taken_back).outcome == Outcome::rolled_back);
    CHECK(site.record(taken_back).reason == "taken back by hand");
    CHECK(site.decision().result == Decision::Result::live);
}

TEST_CASE("after a move to another port, the switch gives the old one up") {
    Site site;
    site.make_live({.ver = "1"});
    site.port = site.world().free_port();
    const auto listener = baton::deploy::moved_listener_unit(site.context().name(), site.port);
    const int release = site.make_live({.ver = "2"});
    CHECK(site.live() == release);
    site.wait_until_serving(release);
    CHECK(site.manager().status(listener).active_state == ActiveState::active);
    CHECK_FALSE(site.listens());
    CHECK(site.told().has("no longer listening with " + site.listener()));
}

TEST_CASE("a switch that cannot be recorded has happened, and finish_switch records it when it can") {
    Site site;
    const int before = site.make_live({.ver = "1"});
    const int release = site.start_candidate({.ver = "2"});
    site.perform(Act::check);
    const auto picture = site.look();
    {
        const baton::test::FileSizeLimit full{0};
        switch_over(site.pursued, picture);
    }
    CHECK(site.pursued.records_fail);
    CHECK(site.live() == release);
    site.wait_until_serving(release);
    CHECK(site.told().has("decided.json"));
    CHECK(site.record(release).outcome == Outcome::pending);
    CHECK(site.record(before).live_until == std::nullopt);
    site.perform(Act::finish_switch);
    CHECK_FALSE(site.pursued.records_fail);
    CHECK(site.record(release).outcome == Outcome::accepted);
    CHECK(site.record(before).live_until == site.record(release).live_since);
}

TEST_CASE("finish_switch ends what a killed process began: it records, tells the others to leave, and lets it accept") {
    Site site;
    const int before = site.make_live({.ver = "1"});
    const int release = site.start_candidate({.ver = "2"});
    site.context().store.set_live(release); // and there it was killed
    site.pursued.candidate.reset();
    site.perform(Act::finish_switch);
    CHECK(site.record(release).outcome == Outcome::accepted);
    CHECK(site.record(release).live_since);
    CHECK(site.record(before).live_until);
    site.wait_until_serving(release);
    site.wait_until_down(before);
    CHECK(site.told().has("was interrupted after it took over; it is live"));
}

TEST_CASE("unbind closes a listener, and it does not stay failed") {
    Site site;
    const int live = site.make_live({});
    unbind(site.context(), site.listener());
    CHECK_FALSE(site.listens());
    CHECK(site.manager().status(site.listener()).active_state == ActiveState::inactive);
    CHECK(site.told().has("no longer listening with " + site.listener()));
    CHECK(site.state(live) == ActiveState::active);
}

TEST_SUITE_END();
