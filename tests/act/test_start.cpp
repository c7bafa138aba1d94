// SPDX-License-Identifier: MIT
// bind, start and check: the candidate comes up, held back, or is rejected. What serves goes on serving.
#include "error_of.hpp"
#include "site.hpp"
#include "take_port.hpp"

#include "deploy/picture/observe.hpp"
#include "deploy/units/unit_names.hpp"

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Decision;
using baton::deploy::Run;
using baton::sd::ActiveState;
using baton::site::Outcome;
using baton::test::contains;
using baton::test::error_of;
namespace kind = baton::error_kind;

namespace {

std::string listener_of(Site& site) {
    return baton::deploy::moved_listener_unit(site.context().name(), site.port);
}

} // namespace

TEST_CASE("bind of the port that the site has changes nothing") {
    Site site;
    site.make_live({});
    site.import_candidate({.ver = "2"});
    site.perform(Act::bind);
    CHECK(site.pursued.candidate->bound);
    CHECK(site.listens());
}

TEST_CASE("bind of a port that somebody else has is the host's fault: the candidate is not bound") {
    Site site;
    site.make_live({});
    site.port = site.world().free_port();
    const auto taken = take_port(site.port);
    site.import_candidate({.ver = "2"});
    const auto error = error_of([&] {
        site.perform(Act::bind);
        return 0;
    });
    CHECK(error.kind() == kind::failed);
    CHECK(contains(error.what(), site.port));
    CHECK(error.hint() == "ss -lntp shows who listens where");
    CHECK_FALSE(site.pursued.candidate->bound);
    CHECK(site.listens());
}

TEST_CASE("the start of a candidate with another port brings that listener up beside the live one") {
    Site site;
    const int live = site.make_live({});
    site.port = site.world().free_port();
    const int release = site.start_candidate({.ver = "2"});
    CHECK(site.state(release) == ActiveState::active);
    CHECK(site.manager().status(listener_of(site)).active_state == ActiveState::active);
    CHECK(site.listens());
    CHECK(site.state(live) == ActiveState::active);
}

TEST_CASE("start brings the candidate up, held back: nothing is live before the switch") {
    Site site;
    const int release = site.start_candidate({});
    const auto& candidate = *site.pursued.candidate;
    CHECK(candidate.started);
    CHECK(candidate.start_result == "done");
    CHECK(candidate.stayed_up);
    CHECK(site.state(release) == ActiveState::active);
    CHECK(site.is_held(release));
    CHECK(site.says(release) == "held");
    CHECK(site.live() == std::nullopt);
    CHECK(site.record(release).outcome == Outcome::pending);
}

TEST_CASE("start of a masked unit is the host's fault, and leaves no candidate that counts as started") {
    Site site;
    const int release = site.import_candidate({});
    site.perform(Act::bind);
    site.world().mask(site.unit(release));
    const auto error = error_of([&] {
        site.perform(Act::start);
        return 0;
    });
    CHECK(error.kind() == kind::failed);
    CHECK(contains(error.what(), site.unit(release)));
    CHECK_FALSE(site.pursued.candidate->started);
    site.world().unmask(site.unit(release));
}

TEST_CASE("a candidate that exits before READY=1 is rejected, and nothing of it stays failed") {
    Site site;
    const int live = site.make_live({});
    const int bad = site.start_candidate(misbehaving("2", R"("exit")"));
    CHECK(site.pursued.candidate->start_result == "failed");
    CHECK(site.look().find(bad)->run == Run::fell);
    site.perform(Act::reject);
    CHECK_FALSE(site.pursued.candidate);
    CHECK_FALSE(site.is_held(bad));
    CHECK(site.state(bad) == ActiveState::inactive);
    const auto record = site.record(bad);
    CHECK(record.outcome == Outcome::rejected);
    CHECK(record.failed_step == "start");
    CHECK(contains(record.reason, "the program exited with status 7"));
    CHECK(record.step_ms.contains("import"));
    const auto decision = site.decision();
    CHECK(decision.result == Decision::Result::rejected);
    CHECK(decision.release == bad);
    CHECK(contains(decision.error, "release 2 (Ver 2) rejected: starting"));
    CHECK(contains(decision.hint, "release 1 (Ver 1) is still serving"));
    CHECK(site.live() == live);
    site.wait_until_serving(live);
}

TEST_CASE("check passes a candidate whose HealthPath answers 2xx") {
    Site site;
    const int release = site.start_candidate({.more = R"("HealthPath": "/healthz")"});
    site.perform(Act::check);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->checked);
    CHECK(site.pursued.step_ms.contains("start"));
    CHECK(site.pursued.step_ms.contains("health"));
    CHECK(site.says(release) == "held");
}

TEST_CASE("check rejects a candidate that HealthPath cannot be asked of, and ends it") {
    Site site;
    const int live = site.make_live({});
    auto mute = misbehaving("2", R"("hang")");
    mute.more += R"(, "HealthPath": "/healthz")";
    const int bad = site.start_candidate(mute);
    site.perform(Act::check);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.state(bad) == ActiveState::inactive);
    CHECK(site.record(bad).outcome == Outcome::rejected);
    CHECK(site.record(bad).failed_step == "health");
    CHECK(contains(site.record(bad).reason, "the release has no private socket"));
    CHECK(site.record(bad).step_ms.contains("start"));
    CHECK(site.decision().result == Decision::Result::rejected);
    CHECK(site.decision().release == bad);
    CHECK(site.live() == live);
    site.wait_until_serving(live);
}

TEST_CASE("check passes a candidate without HealthPath as soon as it says READY=1") {
    Site site;
    site.start_candidate(misbehaving("1", R"("hang")"));
    site.perform(Act::check);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->checked);
    CHECK(site.pursued.main_pid != 0);
}

TEST_SUITE_END();
