// SPDX-License-Identifier: MIT
// The preflight: a program that libbaton does not hold back first runs on sockets of its own.
#include "error_of.hpp"
#include "site.hpp"

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Decision;
using baton::deploy::Picture;
using baton::deploy::Preflight;
using baton::deploy::Run;
using baton::sd::ActiveState;
using baton::site::Outcome;
using baton::site::Proof;
using baton::test::contains;

namespace {

const Content k_plain{.ver = "2", .program = "plain.py"};

/// Starts the candidate on sockets of its own, and returns when the preflight has passed.
void pass_preflight(Site& site) {
    site.start_it();
    (void)site.look_until("its preflight has passed",
                          [](const Picture& it) { return it.candidate->preflight == Preflight::passed; });
    site.perform(Act::preflight);
}

} // namespace

TEST_CASE("a program that accepts on sockets of its own passes its preflight, and is told to leave") {
    Site site;
    const int live = site.make_live({});
    const int release = site.import_candidate(k_plain);
    pass_preflight(site);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->tried);
    CHECK(site.pursued.candidate->proof == Proof::preflight);
    CHECK(site.pursued.candidate->nonblocking == true);
    CHECK(site.pursued.candidate->preflight == Preflight::leaving);
    CHECK_FALSE(site.pursued.probe);
    site.wait_until_down(release);
    CHECK(site.live() == live);
    site.wait_until_serving(live);
}

TEST_CASE("after its preflight, the candidate is started again on the site's sockets, and goes live") {
    Site site;
    site.make_live({});
    const int release = site.import_candidate(k_plain);
    pass_preflight(site);
    site.wait_until_down(release);
    site.perform(Act::start);
    CHECK(site.pursued.candidate->preflight == Preflight::none);
    CHECK_FALSE(site.pursued.preflight);
    (void)site.look_until("it is up", [](const Picture& it) { return it.candidate->stayed_up; });
    site.perform(Act::check);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->checked);
    site.perform(Act::switch_over);
    CHECK(site.live() == release);
    CHECK(site.record(release).proof == Proof::preflight);
    CHECK(site.record(release).nonblocking == true);
    CHECK(site.state(release) == ActiveState::active);
}

TEST_CASE("a program that dies in its preflight is rejected there, not in its start") {
    Site site;
    const int live = site.make_live({});
    const int bad = site.import_candidate({.ver = "2", .program = "misbehave", .args = R"("crash", "1000")"});
    site.perform(Act::bind);
    site.perform(Act::start);
    (void)site.look_until("it has failed", [&](const Picture& it) { return it.find(bad)->run == Run::fell; });
    CHECK(site.pursued.probe);
    site.perform(Act::reject);
    CHECK(site.record(bad).outcome == Outcome::rejected);
    CHECK(site.record(bad).failed_step == "preflight");
    CHECK(contains(site.record(bad).reason, "on sockets of its own: the program was killed by SIGABRT"));
    CHECK(site.decision().result == Decision::Result::rejected);
    CHECK_FALSE(site.pursued.preflight);
    CHECK_FALSE(site.pursued.probe);
    CHECK(site.state(bad) == ActiveState::inactive);
    CHECK(site.live() == live);
}

TEST_CASE("a candidate that turns out to need a preflight is ended, and its next start is one") {
    Site site;
    const int release = site.start_candidate({});
    begin_preflight(site.pursued);
    CHECK(site.state(release) == ActiveState::inactive);
    CHECK_FALSE(site.is_held(release));
    CHECK(site.pursued.candidate->preflight == Preflight::due);
    CHECK_FALSE(site.pursued.candidate->started);
    CHECK_FALSE(site.pursued.candidate->start_has_ended);
    CHECK_FALSE(site.pursued.candidate->stayed_up);
    site.perform(Act::start);
    CHECK(site.pursued.preflight);
}

TEST_SUITE_END();
