// SPDX-License-Identifier: MIT
// listen: somebody took the live release's listener away, and nobody stopped the site.
#include "site.hpp"
#include "take_port.hpp"

#include "deploy/units/unit_names.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Fault;
using baton::deploy::moved_listener_unit;
using baton::deploy::Run;
using baton::deploy::Tries;
using baton::sd::ActiveState;

TEST_CASE("listen restores a listener that was stopped; the release that held its socket makes room, to start again") {
    Site site;
    const int live = site.make_live({});
    site.start_handle();
    (void)site.manager().stop(site.listener());
    site.have_failed(&Tries::listener, 2);
    listen(site.pursued, site.look(), site.listener());
    CHECK(site.listens());
    CHECK(site.tries().listener.count == 0);
    CHECK(site.pursued.start_again);
    CHECK(
        site.told().has(site.listener() + " did not listen, although nobody stopped the site; listening again: done"));
    site.wait_until_down(live);
    site.perform(Act::start_live);
    (void)site.look_until("the live release is up", [&](const auto& it) { return it.find(live)->run == Run::up; });
    CHECK_FALSE(site.pursued.start_again);
    site.wait_until_serving(live);
}

TEST_CASE("a port that somebody else has by now is tried again later") {
    Site site;
    const int live = site.make_live({});
    site.start_handle();
    (void)site.manager().stop(site.unit(live));
    (void)site.manager().stop(site.listener());
    {
        const auto taken = take_port(site.port);
        listen(site.pursued, site.look(), site.listener());
        CHECK_FALSE(site.listens());
        CHECK(site.tries().listener.count == 1);
        CHECK(site.told().has("listening again: dependency"));
    }
    listen(site.pursued, site.look(), site.listener());
    CHECK(site.listens());
    CHECK(site.tries().listener.count == 0);
    CHECK_FALSE(site.pursued.start_again);
}

TEST_CASE("the listener of a site that is stopped meanwhile does not stay up") {
    Site site;
    const int live = site.make_live({});
    (void)site.manager().stop(site.unit(live));
    (void)site.manager().stop(site.listener());
    listen(site.pursued, site.look(), site.listener());
    CHECK_FALSE(site.listens());
    CHECK_FALSE(site.told().has("did not listen"));
}

TEST_CASE("a listener that only seemed lost is left as it is, and so is the release") {
    Site site;
    const int live = site.make_live({});
    site.start_handle();
    site.pursued.lost_listeners.insert(site.listener());
    listen(site.pursued, site.look(), site.listener());
    CHECK(site.pursued.sound_listeners.contains(site.listener()));
    CHECK(site.pursued.lost_listeners.empty());
    CHECK(site.listens());
    CHECK(site.state(live) == ActiveState::active);
    CHECK_FALSE(site.pursued.start_again);
}

TEST_CASE("a candidate whose listener cannot start is the host's fault, and listen forgets that listener's failure") {
    Site site;
    site.make_live({});
    site.start_handle();
    site.port = site.world().free_port();
    const auto moved = moved_listener_unit(site.context().name(), site.port);
    const int release = site.import_candidate({.ver = "2"});
    site.perform(Act::write_units);
    site.perform(Act::bind);
    const auto taken = take_port(site.port);
    site.perform(Act::start);
    const auto picture =
        site.look_until("it has failed", [&](const auto& it) { return it.find(release)->run == Run::fell; });
    CHECK(picture.find(release)->hosts_fault);
    drop(site.pursued, picture, {.act = Act::drop, .release = release, .why = "", .fault = Fault::host, .unit = {}});
    CHECK(site.manager().status(moved).active_state == ActiveState::failed);
    (void)site.manager().stop(site.listener());
    listen(site.pursued, site.look(), site.listener());
    CHECK(site.listens());
    CHECK(site.manager().status(moved).active_state == ActiveState::inactive);
}

TEST_SUITE_END();
