// SPDX-License-Identifier: MIT
// The state of a release, from its records and from what systemd says about its unit.
#include "deploy/tell/report.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using site::Outcome;
using State = ReleaseState;

constexpr site::Time k_live_since{1'000'000s};

State state(Outcome outcome, const char* active, bool is_live, std::chrono::seconds live_for = 1h,
            const char* sub = "") {
    site::Manifest manifest;
    manifest.release = 7;
    manifest.outcome = outcome;
    manifest.live_since = k_live_since;
    sd::UnitStatus status;
    status.active_state = sd::parse_active_state(active);
    status.sub_state = sub;
    return release_state(manifest, status, is_live ? 7 : 6, k_live_since + live_for);
}

TEST_CASE("the live release is on probation first, then live; starting, stopped and failed when its unit is") {
    CHECK(state(Outcome::accepted, "active", true, 59s) == State::on_probation);
    CHECK(state(Outcome::accepted, "active", true, 60s) == State::live);
    CHECK(state(Outcome::accepted, "reloading", true) == State::live);
    CHECK(state(Outcome::accepted, "activating", true) == State::starting);
    CHECK(state(Outcome::accepted, "activating", true, 1h, "auto-restart") == State::starting);
    CHECK(state(Outcome::accepted, "failed", true) == State::failed);
    CHECK(state(Outcome::accepted, "inactive", true) == State::stopped);
}

TEST_CASE("a release that is on its way out drains; one that is not decided yet leaves its preflight") {
    for (const auto outcome : {Outcome::rejected, Outcome::accepted, Outcome::rolled_back})
        CHECK(state(outcome, "deactivating", false) == State::draining);
    CHECK(state(Outcome::pending, "deactivating", false) == State::starting);
    CHECK(state(Outcome::pending, "deactivating", true) == State::draining);
}

TEST_CASE("a release that is not live is what its deploy made of it") {
    CHECK(state(Outcome::pending, "activating", false) == State::starting);
    CHECK(state(Outcome::pending, "active", false) == State::starting);
    CHECK(state(Outcome::rejected, "inactive", false) == State::rejected);
    CHECK(state(Outcome::rejected, "failed", false) == State::rejected);
    CHECK(state(Outcome::rolled_back, "failed", false) == State::rolled_back);
    CHECK(state(Outcome::accepted, "inactive", false) == State::stopped);
    CHECK(state(Outcome::accepted, "failed", false) == State::stopped);
}

TEST_CASE("a release that runs on after its turn, or was never to have one, is left over") {
    for (const auto outcome : {Outcome::rejected, Outcome::accepted, Outcome::rolled_back})
        CHECK(state(outcome, "active", false) == State::left_over);
}

TEST_CASE("nothing is live where none is") {
    site::Manifest manifest;
    manifest.release = 7;
    CHECK(release_state(manifest, {}, std::nullopt, k_live_since) != State::live);
}

TEST_CASE("a start that has not ended says since when it waits, and until when") {
    sd::UnitStatus status;
    status.active_state = sd::ActiveState::activating;
    status.begun = 100s;
    status.begun_at = k_live_since;
    status.timeout_start = 90s;
    const auto start = start_of(status);
    REQUIRE(start);
    CHECK(start->since == k_live_since);
    CHECK(start->until == k_live_since + 90s);
    status.timeout_start = std::chrono::microseconds::max(); // infinity
    CHECK(start_of(status)->until == std::nullopt);
    status.active_state = sd::ActiveState::active;
    CHECK_FALSE(start_of(status));
}

TEST_CASE("each state has a word of its own") {
    CHECK(state_text(State::starting) == "starting");
    CHECK(state_text(State::live) == "live");
    CHECK(state_text(State::on_probation) == "on probation");
    CHECK(state_text(State::draining) == "draining");
    CHECK(state_text(State::stopped) == "stopped");
    CHECK(state_text(State::failed) == "failed");
    CHECK(state_text(State::rejected) == "rejected");
    CHECK(state_text(State::rolled_back) == "rolled back");
    CHECK(state_text(State::left_over) == "left over");
}

} // namespace
} // namespace baton::deploy
