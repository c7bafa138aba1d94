// SPDX-License-Identifier: MIT
// drop, reject, put_off and end_unit: the candidate does not go live, and what serves goes on serving.
#include "error_of.hpp"
#include "site.hpp"

#include "deploy/wish/error_kinds.hpp"

#include <csignal>

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::Error;
using baton::deploy::Act;
using baton::deploy::Candidate;
using baton::deploy::Decision;
using baton::deploy::Fault;
using baton::deploy::Tries;
using baton::sd::ActiveState;
using baton::site::Outcome;
using baton::test::contains;
namespace kind = baton::error_kind;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

void drop_candidate(Site& site, Fault fault) {
    const int release = site.pursued.candidate->release;
    drop(site.pursued, site.look(),
         {.act = Act::drop, .release = release, .why = "the cat sat on it", .fault = fault, .unit = {}});
}

baton::site::Manifest pruned(Site& site, int release) {
    for (const auto& manifest : site.context().store.pruned())
        if (manifest.release == release) return manifest;
    FAIL("no record of it");
    return {};
}

} // namespace

TEST_CASE("a dropped candidate is ended and its snapshot deleted, without a verdict") {
    Site site;
    const int live = site.make_live({});
    const int release = site.start_candidate({.ver = "2"});
    drop_candidate(site, Fault::none);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.state(release) == ActiveState::inactive);
    CHECK(site.releases() == std::vector{live});
    CHECK(pruned(site, release).outcome == Outcome::dropped);
    CHECK(pruned(site, release).reason == "the cat sat on it");
    CHECK(site.decision().release == live);
    CHECK(site.tries().wish.count == 0);
    CHECK_FALSE(site.pursued.put_off);
    CHECK(site.told().has("release 2 (Ver 2) does not take over, but is not rejected: the cat sat on it"));
    CHECK(site.live() == live);
    site.wait_until_serving(live);
}

TEST_CASE("a candidate that the host prevented is dropped, and tried again later") {
    Site site;
    const int live = site.make_live({});
    const int release = site.import_candidate({.ver = "2"});
    drop_candidate(site, Fault::host);
    CHECK(site.releases() == std::vector{live});
    CHECK(pruned(site, release).outcome == Outcome::dropped);
    REQUIRE(site.pursued.put_off);
    CHECK(std::string{site.pursued.put_off->what()} == "the cat sat on it");
    CHECK(contains(site.pursued.put_off->hint(), "release 1 (Ver 1) is still serving"));
    CHECK(contains(site.pursued.put_off->hint(), "next at"));
    CHECK(site.tries().wish.count == 1);
    CHECK(site.tries().wish.why == "the cat sat on it");
    CHECK(site.decision().release == live);
}

TEST_CASE("a roll back that the host prevented is tried again as a roll back, and the wish is left alone") {
    Site site;
    const int old = site.make_live({.ver = "1"});
    const int live = site.make_live({.ver = "2"});
    copy(site.pursued, site.look(), old, Candidate::Purpose::way_back);
    drop_candidate(site, Fault::host);
    CHECK(site.tries().way_back.count == 1);
    CHECK(site.tries().way_back.why == "going back to release 1: the cat sat on it");
    CHECK(site.tries().wish.count == 0);
    CHECK_FALSE(site.pursued.put_off);
    CHECK(site.live() == live);
}

TEST_CASE("a roll back that is rejected decides no wish") {
    Site site;
    const int old = site.make_live({.ver = "1"});
    const int live = site.make_live({.ver = "2"});
    copy(site.pursued, site.look(), old, Candidate::Purpose::way_back);
    reject(site.pursued, site.look(), "start", Error{"no database"});
    CHECK(site.record(3).outcome == Outcome::rejected);
    CHECK(site.record(3).failed_step == "start");
    CHECK(site.decision().result == Decision::Result::live);
    CHECK(site.decision().release == live);
    CHECK(site.tries().way_back.count == 1);
    CHECK(contains(site.tries().way_back.why, "going back to release 1: release 3 (Ver 1) rejected: no database"));
}

TEST_CASE("reject keeps the snapshot, and the reason and the program's words apart") {
    Site site;
    const int release = site.import_candidate({});
    site.have_failed(&Tries::wish, 4);
    reject(site.pursued, site.look(), "preflight", Error{"it does not listen\n  | secret=1"});
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.record(release).reason == "it does not listen");
    CHECK(contains(site.record(release).evidence, "secret=1"));
    CHECK(site.record(release).failed_step == "preflight");
    CHECK(site.tries().wish.count == 0);
    CHECK(site.decision().kind == kind::rejected);
    CHECK(contains(site.decision().hint, "no release is live"));
    CHECK(fs::exists(site.context().store.tree_path(release)));
}

TEST_CASE("put_off waits longer each time, and forgets the failures of another wish") {
    Site site;
    site.make_live({});
    auto picture = site.look();
    put_off(site.pursued, picture, Error{"busy"});
    const auto first = site.tries().wish;
    CHECK(first.count == 1);
    picture.tries = site.tries();
    put_off(site.pursued, picture, Error{"busy"});
    picture.tries = site.tries();
    put_off(site.pursued, picture, Error{"busy still"});
    const auto third = site.tries().wish;
    CHECK(third.count == 3);
    CHECK(third.why == "busy still");
    CHECK(third.next > first.next);
    picture.tries = site.tries();
    picture.wish.number += 1;
    put_off(site.pursued, picture, Error{"busy"});
    CHECK(site.tries().wish.count == 1);
    CHECK(site.tries().wish.of == picture.wish.number);
}

TEST_CASE("without a live release, nobody is told that it is tried again") {
    Site site;
    put_off(site.pursued, site.look(), Error{"busy", kind::failed, "wait"});
    REQUIRE(site.pursued.put_off);
    CHECK(site.pursued.put_off->hint() == "wait");
}

TEST_CASE("put_off_way_back says why at once, and counts") {
    Site site;
    put_off_way_back(site.pursued, site.look(), "going back to release 1: no room");
    CHECK(site.tries().way_back.count == 1);
    CHECK(site.tries().way_back.why == "going back to release 1: no room");
    CHECK(site.told().has("going back to release 1: no room"));
}

TEST_CASE("refuse decides the wish, with what the directory was like") {
    Site site;
    site.upload({});
    refuse(site.pursued, site.look(), Error{"HttpPort 80 is not allowed", kind::config, "ask root"});
    const auto decision = site.decision();
    CHECK(decision.result == Decision::Result::refused);
    CHECK(decision.error == "HttpPort 80 is not allowed");
    CHECK(decision.hint == "ask root");
    CHECK(decision.release == std::nullopt);
    CHECK_FALSE(decision.tree.empty());
    CHECK(decision.at > baton::site::Time{});
}

TEST_CASE("end_unit kills a release that ignores SIGTERM, and forgets its failure") {
    Site site;
    const int release = site.start_candidate(misbehaving("1", R"("deaf")"));
    const auto begun = std::chrono::steady_clock::now();
    end_unit(site.context(), release);
    CHECK(std::chrono::steady_clock::now() - begun >= 5s);
    CHECK(site.state(release) == ActiveState::inactive);
}

TEST_CASE("end_unit of a release that is down only forgets its failure") {
    Site site;
    const int release = site.start_candidate(misbehaving("1", R"("exit")"));
    CHECK(site.state(release) == ActiveState::failed);
    end_unit(site.context(), release);
    CHECK(site.state(release) == ActiveState::inactive);
}

TEST_SUITE_END();
