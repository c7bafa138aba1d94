// SPDX-License-Identifier: MIT
// One daemon-reload for all who have written before it, and none too few.
#include "deploy/units/reload_units.hpp"

#include "fake_manager.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <latch>
#include <thread>
#include <vector>

namespace act {
namespace {

using baton::deploy::Paths;
using baton::deploy::reload_units;
using baton::test::Scratch;

auto reloads(const FakeManager& manager) {
    return std::count(manager.asked().begin(), manager.asked().end(), "daemon_reload");
}

} // namespace

TEST_SUITE_BEGIN("reload of units");

TEST_CASE("whoever comes after a reload has its own, however close") {
    const Scratch scratch;
    const Paths paths{.state = {}, .units = {}, .unit_templates = {}, .runtime = scratch.path()};
    FakeManager manager{paths};
    for (int i = 1; i <= 3; ++i) {
        reload_units(paths, manager);
        CHECK(reloads(manager) == i);
    }
}

TEST_CASE("of twenty that come at once in a crowd, few reload") {
    const Scratch scratch;
    const Paths paths{.state = {}, .units = {}, .unit_templates = {}, .runtime = scratch.path()};
    std::deque<FakeManager> managers;
    std::vector<std::thread> processes;
    std::latch all_are_there{20}; // on a busy machine, threads begin long after each other
    for (int i = 0; i < 20; ++i) {
        auto& manager = managers.emplace_back(paths);
        manager.crowd();
        processes.emplace_back([&] {
            all_are_there.arrive_and_wait();
            reload_units(paths, manager);
        });
    }
    for (auto& process : processes)
        process.join();
    std::ptrdiff_t all = 0;
    for (const auto& manager : managers)
        all += reloads(manager);
    CHECK(all >= 1);
    CHECK(all <= 10); // those that come while the first one reloads share another; each for itself would be twenty
}

TEST_CASE("where nothing can be written each reloads on its own, and what cannot be read is no reload") {
    const Scratch scratch;
    scratch.write("file", "");
    scratch.write("baton/.reloaded", "not a number");
    const Paths nowhere{.state = {}, .units = {}, .unit_templates = {}, .runtime = scratch / "file"};
    const Paths odd{.state = {}, .units = {}, .unit_templates = {}, .runtime = scratch.path()};
    FakeManager manager{odd};
    reload_units(nowhere, manager);
    reload_units(odd, manager);
    CHECK(reloads(manager) == 2);
}

TEST_SUITE_END();

} // namespace act
