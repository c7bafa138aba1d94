// SPDX-License-Identifier: MIT
// The turns of a crowd of processes: so many at once, a short wait for the next, and no limit where no file can be
// locked.
#include "sd/turns.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace baton::sd {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::Scratch;

constexpr std::size_t k_turns = 8;

/// Each has a turn.
std::vector<Turns> crowd(const std::filesystem::path& directory) {
    std::vector<Turns> others;
    for (std::size_t i = 0; i < k_turns; ++i)
        others.emplace_back(directory).take();
    return others;
}

} // namespace

TEST_SUITE_BEGIN("sd: turns");

TEST_CASE("eight have a turn at once, and only then others are seen to wait") {
    const Scratch scratch;
    const Turns looks{scratch / "turns"};
    CHECK_FALSE(looks.are_all_taken());
    auto others = crowd(scratch / "turns");
    CHECK(looks.are_all_taken());
    others.front().give_back();
    CHECK_FALSE(looks.are_all_taken());
    others.front().take();
    others.front().take(); // has it already
    CHECK(looks.are_all_taken());
    others.pop_back();
    CHECK_FALSE(looks.are_all_taken());
}

TEST_CASE("whoever comes when all are taken waits until one is given back, whichever it is") {
    const Scratch scratch;
    for (std::size_t i = 0; i < k_turns; ++i) {
        CAPTURE(i);
        auto others = crowd(scratch / "turns");
        Clock::time_point given_back;
        std::thread gives_back{[&] {
            std::this_thread::sleep_for(50ms);
            given_back = Clock::now();
            others[i].give_back();
        }};
        Turns turns{scratch / "turns"};
        turns.take();
        const auto taken = Clock::now();
        gives_back.join();
        CHECK(taken >= given_back);
        CHECK(turns.are_all_taken());
    }
}

TEST_CASE("without a directory, or with one that cannot be, nobody waits and nobody is seen to wait") {
    const Scratch scratch;
    scratch.write("file", "");
    for (const auto& directory : {std::filesystem::path{}, scratch / "file" / "turns"})
        for (std::size_t i = 0; i <= k_turns; ++i) {
            Turns one{directory};
            one.take();
            CHECK_FALSE(one.are_all_taken());
        }
}

TEST_SUITE_END();

} // namespace baton::sd
