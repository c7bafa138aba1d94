// SPDX-License-Identifier: MIT
// The decisions of a deploy: what is proven, where to roll back to, what to delete.
#include "deploy/decide/standing.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using site::Manifest;
using site::Outcome;

constexpr site::Time k_start{1'000'000s};

/// A release that was live for `live_for`, or still is when that is none, with ProbationSecond 60.
Manifest accepted(int release, std::optional<std::chrono::seconds> live_for = {}) {
    Manifest manifest;
    manifest.release = release;
    manifest.outcome = Outcome::accepted;
    manifest.tree_sha256 = "tree " + std::to_string(release);
    manifest.live_since = k_start;
    if (live_for) manifest.live_until = k_start + *live_for;
    return manifest;
}

Manifest with_outcome(int release, Outcome outcome) {
    auto manifest = accepted(release);
    manifest.outcome = outcome;
    if (outcome != Outcome::rolled_back) manifest.live_since.reset();
    return manifest;
}

TEST_CASE("a live release is on probation until ProbationSecond has passed since it went live") {
    const auto live = accepted(1);
    CHECK(standing(live, k_start) == Standing::on_probation);
    CHECK(standing(live, k_start + 59'999ms) == Standing::on_probation);
    CHECK(standing(live, k_start + 60s) == Standing::proven);
    CHECK(standing(live, k_start - 1h) == Standing::on_probation); // the clock was set back
    CHECK(standing(with_outcome(1, Outcome::pending), k_start + 1h) == Standing::on_probation);
    auto no_probation = live;
    no_probation.conf.probation = site::Seconds{0};
    CHECK(standing(no_probation, k_start) == Standing::proven);
}

TEST_CASE("probation has an end until it is over") {
    const auto live = accepted(1);
    CHECK(probation_end(live, k_start + 10s) == k_start + 60s);
    CHECK(probation_end(live, k_start + 60s) == std::nullopt);
}

TEST_CASE("a person goes back to the newest earlier release with other content that nothing speaks against") {
    const auto way = way_back_from({accepted(1, 1s), accepted(2, 1s), accepted(3)}, 3);
    CHECK(way.release == 2);
    CHECK(way.skipped.empty());
    CHECK(way_back_from({accepted(3), accepted(2, 1s), accepted(1, 1s)}, 3).release == 2); // in any order
    CHECK(way_back_from({accepted(1)}, 1).release == std::nullopt);
}

TEST_CASE("what a person's roll back passes over is named, each with its reason") {
    auto copy = accepted(5);
    copy.copy_of = 1;
    copy.tree_sha256 = "tree 1";
    auto rejected = with_outcome(4, Outcome::rejected);
    rejected.failed_step = "start";
    rejected.reason = "exit 7";
    auto taken_back = with_outcome(3, Outcome::rolled_back);
    taken_back.reason = "killed";
    auto again = accepted(2, 1s); // with the content that was taken back since
    again.tree_sha256 = taken_back.tree_sha256;
    const auto way = way_back_from({accepted(1, 1s), again, taken_back, rejected, copy}, 5);
    CHECK(way.release == std::nullopt);
    REQUIRE(way.skipped.size() == 4);
    CHECK(way.skipped[0].release == 4);
    CHECK(way.skipped[0].why == "it was rejected: exit 7");
    CHECK(way.skipped[1].why == "it was rolled back: killed");
    CHECK(way.skipped[2].why == "its content, as release 3, was rolled back: killed");
    CHECK(way.skipped[3].why == "it has the content of release 5, which is live");
    const auto found = way_back_from({accepted(1, 1s), accepted(2, 1s), taken_back, accepted(6)}, 6);
    CHECK(found.release == 2);
    CHECK(found.skipped.size() == 1);
    CHECK(way_back_from({with_outcome(1, Outcome::dropped), accepted(2)}, 2).skipped.at(0).why == "it never was live");
}

TEST_CASE("a roll back goes to the newest release before the failed one that was proven") {
    CHECK(release_to_go_back_to({accepted(1, 100s), accepted(2, 60s), accepted(3, 59s), accepted(4)}, 4) == 2);
    CHECK(release_to_go_back_to({accepted(4), accepted(2, 60s), accepted(1, 100s)}, 4) == 2); // in any order
}

TEST_CASE("where none was proven, the newest that was live has to do") {
    CHECK(release_to_go_back_to({accepted(1, 1s), accepted(2, 1s), accepted(3)}, 3) == 2);
}

TEST_CASE("a roll back goes neither to a release that never was live, nor to one taken back, nor to a later one") {
    CHECK(release_to_go_back_to({accepted(1, 1s), with_outcome(2, Outcome::rejected),
                                 with_outcome(3, Outcome::rolled_back), with_outcome(4, Outcome::pending), accepted(5),
                                 accepted(6, 100s)},
                                5) == 1);
    CHECK(release_to_go_back_to({with_outcome(1, Outcome::rejected), accepted(2)}, 2) == std::nullopt);
    CHECK(release_to_go_back_to({accepted(1)}, 1) == std::nullopt);
    CHECK(release_to_go_back_to({}, 1) == std::nullopt);
}

TEST_CASE("a roll back does not go to the content that has just failed, under whatever number") {
    auto same = accepted(2, 100s);
    same.tree_sha256 = accepted(3).tree_sha256;
    CHECK(release_to_go_back_to({accepted(1, 100s), same, accepted(3)}, 3) == 1);
    CHECK(release_to_go_back_to({same, accepted(3)}, 3) == std::nullopt);
}

TEST_CASE("the newest are kept, as many as asked for") {
    const std::vector<Manifest> releases{accepted(1, 1s), accepted(2, 1s), accepted(3, 1s), accepted(4, 100s),
                                         accepted(5)};
    CHECK(releases_to_prune(releases, 5, {}, 5).empty());
    CHECK(releases_to_prune(releases, 5, {}, 9).empty());
    CHECK(releases_to_prune(releases, 5, {}, 3) == std::vector<int>{1, 2});
    CHECK(releases_to_prune({}, 1, {}, 2).empty());
}

TEST_CASE("never deleted: the live one, the one to go back to, what still runs, the newest rejected") {
    std::vector<Manifest> releases{accepted(1, 100s), with_outcome(2, Outcome::rejected), accepted(3, 1s), accepted(4)};
    for (int release = 5; release <= 9; ++release)
        releases.push_back(with_outcome(release, Outcome::rolled_back));
    // 4 is live, 1 was proven, 3 drains still, 2 is the evidence.
    CHECK(releases_to_prune(releases, 4, {3}, 2) == std::vector<int>{5, 6, 7});
    CHECK(releases_to_prune(releases, 4, {}, 2) == std::vector<int>{3, 5, 6, 7});
    releases.push_back(with_outcome(10, Outcome::rejected));
    CHECK(releases_to_prune(releases, 4, {}, 2) == std::vector<int>{2, 3, 5, 6, 7, 8});
}

} // namespace
} // namespace baton::deploy
