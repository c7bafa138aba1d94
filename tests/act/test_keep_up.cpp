// SPDX-License-Identifier: MIT
// start_live, count_failure, go_back and the small repairs: the live release is down, or something beside it has
// failed.
#include "error_of.hpp"
#include "site.hpp"

#include "deploy/units/unit_names.hpp"
#include "deploy/wish/error_kinds.hpp"

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Candidate;
using baton::deploy::Decision;
using baton::deploy::Run;
using baton::deploy::Tries;
using baton::sd::ActiveState;
using baton::site::Outcome;
using baton::test::contains;
namespace kind = baton::error_kind;

namespace {

/// Returns the picture in which the live release is up.
baton::deploy::Picture until_live_is_up(Site& site) {
    return site.look_until("the live release is up",
                           [](const auto& picture) { return picture.find(picture.live)->run == Run::up; });
}

} // namespace

TEST_CASE("start_live starts the live release again, and the next start has to wait") {
    Site site;
    const int live = site.make_live({});
    (void)site.manager().stop(site.unit(live));
    site.pursued.known_units.reset();
    CHECK(site.look().find(live)->run == Run::down);
    const auto before = std::chrono::system_clock::now();
    site.perform(Act::start_live);
    CHECK(site.pursued.live_was_started);
    CHECK(site.look().find(live)->run != Run::down); // though the look before did not know its unit
    (void)until_live_is_up(site);
    site.wait_until_serving(live);
    CHECK(site.tries().live.count == 1);
    CHECK(site.tries().live.of == static_cast<std::uint64_t>(live));
    CHECK(site.tries().live.next >= before);
    CHECK_FALSE(site.told().has("failed"));
}

TEST_CASE("start_live says how the live release failed, and that there is no way back") {
    Site site;
    const int live = site.make_live({});
    site.kill(live);
    site.perform(Act::start_live);
    CHECK(site.told().has("release 1 (Ver 1) failed: the program was killed by SIGKILL"));
    CHECK(site.told().has("no earlier release to go back to; the live one is started again"));
    (void)until_live_is_up(site);
    CHECK(site.live() == live);
    CHECK(site.record(live).outcome == Outcome::accepted);
}

TEST_CASE("start_live of a masked unit counts as a failure, to be tried again") {
    Site site;
    const int live = site.make_live({});
    (void)site.manager().stop(site.unit(live));
    site.world().mask(site.unit(live));
    site.perform(Act::start_live);
    site.world().unmask(site.unit(live));
    CHECK_FALSE(site.pursued.live_was_started);
    CHECK(site.tries().live.count == 1);
    CHECK(contains(site.tries().live.why, "masked"));
    CHECK(site.told().has("it is tried again automatically"));
}

TEST_CASE("count_failure keeps why a start of the live release failed, and says what helps") {
    Site site;
    const int live = site.make_live({});
    site.pursued.live_was_started = true;
    site.have_failed(&Tries::live, 1);
    site.kill(live);
    site.perform(Act::count_failure);
    CHECK_FALSE(site.pursued.live_was_started);
    CHECK(site.tries().live.count == 1);
    CHECK(site.tries().live.why == "the program was killed by SIGKILL");
    CHECK(site.told().has("it is tried again automatically, an edit of watch.conf deploys a fix"));
}

TEST_CASE("with a release to go back to, count_failure names it") {
    Site site;
    site.make_live({.ver = "1"});
    const int live = site.make_live({.ver = "2"});
    site.kill(live);
    site.perform(Act::count_failure);
    CHECK(site.told().has("goes back to release 1"));
}

TEST_CASE("go_back makes a candidate of the release before, and records why the live one failed") {
    Site site;
    const int old = site.make_live({.ver = "1"});
    const int failed = site.make_live({.ver = "2"});
    site.kill(failed);
    site.perform(Act::go_back, old);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->purpose == Candidate::Purpose::way_back);
    CHECK(site.record(site.pursued.candidate->release).copy_of == old);
    CHECK(site.record(failed).reason == "the program was killed by SIGKILL");
    CHECK(site.record(failed).outcome == Outcome::accepted);
    CHECK(site.live() == failed);
}

TEST_CASE("the switch of a way back takes the failed release back, and its wish is decided so") {
    Site site;
    const int old = site.make_live({.ver = "1"});
    const int failed = site.make_live({.ver = "2"});
    site.kill(failed);
    site.have_failed(&Tries::way_back, 2);
    site.perform(Act::go_back, old);
    site.start_it();
    site.perform(Act::check);
    site.perform(Act::switch_over);
    CHECK(site.live() == 3);
    site.wait_until_serving(3);
    CHECK(site.record(failed).outcome == Outcome::rolled_back);
    CHECK(site.decision().result == Decision::Result::rolled_back);
    CHECK(site.decision().release == failed);
    CHECK(site.decision().kind == kind::rolled_back);
    CHECK(contains(site.decision().error, "release 2 (Ver 2) went live and failed"));
    CHECK(contains(site.decision().hint, "release 3 (Ver 1) is still serving"));
    CHECK(site.tries().way_back.count == 0);
}

TEST_CASE("a release that is neither live nor the candidate is told to leave") {
    Site site;
    const int live = site.make_live({});
    const int other = site.start_candidate({.ver = "2"});
    site.pursued.forget_candidate();
    site.perform(Act::tell, other);
    site.wait_until_down(other);
    CHECK(site.state(other) == ActiveState::inactive);
    CHECK(site.state(live) == ActiveState::active);
}

TEST_CASE("the failure of a release that ended badly is told once, and forgotten") {
    Site site;
    site.make_live({.ver = "1", .args = R"("--abort-at-end")"});
    site.make_live({.ver = "2"});
    site.wait_until_down(1);
    CHECK(site.state(1) == ActiveState::failed);
    CHECK(site.look().failed_units == std::vector{1});
    site.perform(Act::forget_failure, 1);
    CHECK(site.told().has("release 1, which is not live, failed as it ended: the program was killed by SIGABRT"));
    CHECK(site.state(1) == ActiveState::inactive);
    CHECK(site.look().failed_units.empty());
}

TEST_CASE("start_watch starts the watch again, once in each process") {
    Site site;
    const auto watch = baton::deploy::path_unit(site.context().name());
    site.perform(Act::start_watch);
    CHECK(site.manager().status(watch).active_state == ActiveState::active);
    CHECK(site.pursued.watch_was_started);
    CHECK(site.told().has(watch + " had failed, so edits went unseen; starting it again: done"));
}

TEST_SUITE_END();
