// SPDX-License-Identifier: MIT
// Who answered when, and which connection got an old answer although a newer version had answered before its start.
#include "runs.hpp"

#include <doctest/doctest.h>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint at(int ms) {
    return TimePoint{std::chrono::milliseconds{ms}};
}

std::string body(std::string_view ver, std::string_view pid) {
    const auto whole = hello(ver, pid);
    return whole.substr(whole.find("\r\n\r\n") + 4);
}

/// A reply at `now` on a connection made at `connected`.
void answer(Roster& roster, std::string_view ver, std::string_view pid, int connected, int now) {
    const auto index = roster.find(body(ver, pid));
    REQUIRE(index);
    roster.count(*index, at(connected), at(now));
}

std::uint64_t old_after_new(const Roster& roster) {
    std::uint64_t sum = 0;
    for (const auto& seen : roster.seen())
        sum += seen.old_after_new;
    return sum;
}

TEST_CASE("an old answer on a connection made before the new version answered is in order") {
    Roster roster;
    answer(roster, "1", "10", 0, 1);
    answer(roster, "2", "20", 4, 5);
    answer(roster, "1", "10", 0, 6);
    answer(roster, "1", "10", 5, 7); // at the very instant: not after it
    CHECK(old_after_new(roster) == 0);
    REQUIRE(roster.seen().size() == 2);
    CHECK(roster.seen()[0].first == at(1));
    CHECK(roster.seen()[0].last == at(7));
    CHECK(roster.seen()[0].replies == 3);
    CHECK(roster.newest()->ver == "2");
}

TEST_CASE("an old answer on a connection made after the new version answered is counted") {
    Roster roster;
    answer(roster, "1", "10", 0, 1);
    answer(roster, "2", "20", 4, 5);
    answer(roster, "1", "10", 6, 7);
    answer(roster, "1", "10", 6, 8);
    answer(roster, "2", "20", 6, 9);
    CHECK(old_after_new(roster) == 2);
    CHECK(roster.seen()[0].old_after_new == 2);
}

TEST_CASE("a second process of the same version is not a newer one") {
    Roster roster;
    answer(roster, "1", "10", 0, 1);
    answer(roster, "1", "11", 0, 2);
    answer(roster, "1", "10", 3, 4);
    CHECK(old_after_new(roster) == 0);
}

TEST_CASE("after a roll back the version that was rolled back is the old one") {
    Roster roster;
    answer(roster, "1", "10", 0, 1);
    answer(roster, "2", "20", 2, 3);
    answer(roster, "1", "30", 4, 5); // the roll back: version 1 in a new process
    CHECK(old_after_new(roster) == 0);
    answer(roster, "2", "20", 6, 7);
    CHECK(old_after_new(roster) == 1);
}

TEST_CASE("a server with a new pid in each reply does not eat our memory") {
    Roster roster;
    for (int i = 0; i < 10'000; ++i)
        answer(roster, "1", std::to_string(i), 0, 1);
    CHECK(roster.seen().size() <= Roster::k_most_processes + 1);
}

TEST_CASE("replies name versions and processes, with the times of the first and the last") {
    std::atomic<int> count{0};
    const RawServer server{[&](Peer& peer) {
        while (peer.read_request())
            peer.send(++count <= 10 ? hello("1", "10") : hello("2", "20"));
    }};
    const auto result = run(server, "persistent=1", 30);
    REQUIRE(result.versions.size() == 2);
    const auto& [first, second] = std::tie(result.versions[0], result.versions[1]);
    CHECK(first.identity.ver == "1");
    CHECK(first.replies == 10);
    CHECK(second.identity.pid == "20");
    CHECK(second.replies == 20);
    CHECK(first.first >= result.started);
    CHECK(first.last < second.first);
    CHECK(second.last <= result.ended);
    CHECK(result.first_answer("2") == second.first);
    CHECK_FALSE(result.first_answer("3"));
}

TEST_CASE("connections made after the new version answered and served by the old one are counted in a run") {
    const RawServer closing{[](Peer& peer) { // the sixth connection alone gets the new version
        if (peer.read_request())
            peer.send(peer.number() == 5 ? hello("2", "20", "Connection: close\r\n")
                                         : hello("1", "10", "Connection: close\r\n"));
    }};
    CHECK(run(closing, "persistent=1", 12).old_after_new() == 6);
}

TEST_CASE("a run that waits for a version ends with its first reply") {
    std::atomic<int> count{0};
    const RawServer server{[&](Peer& peer) {
        if (peer.read_request()) peer.send(++count < 20 ? hello("1", "10") : hello("2", "20"));
    }};
    auto config = config_for(server.target(), "fresh=1000", 1);
    config.requests.reset();
    config.duration = 10s;
    config.until_version = std::string{"2"}; // not = "2": g++ 12 warns of an overlap that is not there
    const auto result = run(config);
    CHECK(result.reason == StopReason::until_version);
    const auto when = result.first_answer("2");
    REQUIRE(when);
    CHECK(*when - result.started >= 15ms); // the twentieth at 1000 a second
    CHECK(result.ended - *when < 1s);
}

} // namespace
} // namespace baton::load::test
