// SPDX-License-Identifier: MIT
// limit_draining and prune: what old releases may take of the host.
#include "site.hpp"

#include "deploy/act/drain_limit.hpp"
#include "deploy/act/prune.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::k_most_draining;
using baton::sd::ActiveState;

namespace {

/// Releases 1 to `count` run, were told to leave, and do not.
void make_draining(Site& site, int count) {
    for (int i = 1; i <= count; ++i) {
        const int release = site.start_candidate(misbehaving(std::to_string(i), R"("deaf")"));
        site.manager().queue_stop(site.unit(release));
        (void)site.look_until("it drains",
                              [&](const auto&) { return site.state(release) == ActiveState::deactivating; });
        site.pursued.forget_candidate();
    }
}

baton::deploy::Running running(Site& site) {
    return baton::deploy::running_releases(site.context());
}

} // namespace

TEST_CASE("of nine releases that drain, the oldest is ended, whatever it does with SIGTERM") {
    Site site;
    make_draining(site, static_cast<int>(k_most_draining) + 1);
    limit_draining(site.context(), running(site), 0);
    site.wait_until_down(1);
    for (int release = 2; release <= static_cast<int>(k_most_draining) + 1; ++release)
        CHECK_MESSAGE(site.state(release) == ActiveState::deactivating, release);
    CHECK(site.told().has("release 1 is ended before it has drained: 8 newer ones are draining too"));
}

TEST_CASE("eight releases may drain, and one of them may be the live one, told to leave for a new listener") {
    Site site;
    make_draining(site, static_cast<int>(k_most_draining) + 1);
    limit_draining(site.context(), running(site), 1);
    for (int release = 1; release <= static_cast<int>(k_most_draining) + 1; ++release)
        CHECK_MESSAGE(site.state(release) == ActiveState::deactivating, release);
}

TEST_CASE("prune deletes the oldest snapshots, but not of the live one, the way back, or one that runs") {
    Site site;
    const int runs = site.start_candidate(misbehaving("1", R"("deaf")"));
    site.pursued.forget_candidate();
    for (const auto* const ver : {"2", "3", "4", "5"})
        site.make_live({.ver = ver});
    for (const int release : {2, 3, 4})
        site.wait_until_down(release);
    CHECK(prune(site.context(), running(site), 5, 1) == 2);
    CHECK(site.releases() == std::vector{runs, 4, 5});
    CHECK(site.context().store.pruned().size() == 2);
    CHECK(prune(site.context(), running(site), 5, 1) == 0);
}

TEST_SUITE_END();
