// SPDX-License-Identifier: MIT
// What only the fake manager can bring about at will: lost results, jobs that wait, sockets that are gone; and what was
// asked of it.
#include "fake_world.hpp"
#include "site.hpp"

#include "deploy/picture/observe.hpp"
#include "deploy/units/unit_names.hpp"

#include <algorithm>

TEST_SUITE_BEGIN("executors on the fake manager alone");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Fault;
using baton::deploy::Run;
using baton::sd::ActiveState;
using namespace std::chrono_literals;

namespace {

FakeManager& fake(Site& site) {
    return dynamic_cast<FakeManager&>(site.manager());
}

/// What was asked of the manager in the course of `what`.
template <typename What>
std::vector<std::string> asked_for(Site& site, What what) {
    const auto before = fake(site).asked().size();
    what();
    const auto& asked = fake(site).asked();
    return {asked.begin() + static_cast<std::ptrdiff_t>(before), asked.end()};
}

bool is_among(const std::vector<std::string>& asked, const std::string& what) {
    return std::find(asked.begin(), asked.end(), what) != asked.end();
}

} // namespace

TEST_CASE("a start whose result is lost has ended when the release is up") {
    Site site;
    fake(site).lose_results();
    const int release = site.start_candidate({});
    CHECK(site.pursued.candidate->start_has_ended);
    CHECK(site.pursued.candidate->start_result.empty());
    CHECK(site.state(release) == ActiveState::active);
}

TEST_CASE("a failed start whose result is lost has ended a second after its job") {
    Site site;
    fake(site).lose_results();
    const auto begun = std::chrono::steady_clock::now();
    const int release = site.start_candidate(misbehaving("1", R"("exit")"));
    CHECK(std::chrono::steady_clock::now() - begun >= 1s);
    CHECK(site.pursued.candidate->start_result.empty());
    CHECK(site.look().find(release)->run == Run::fell);
}

TEST_CASE("a candidate whose start waits in the queue is starting, and a drop cancels that job") {
    Site site;
    site.make_live({});
    const int release = site.import_candidate({.ver = "2"});
    fake(site).hold_jobs(site.unit(release));
    site.perform(Act::bind);
    site.perform(Act::start);
    CHECK(site.look().find(release)->run == Run::starting);
    CHECK_FALSE(site.look().candidate->start_has_ended);
    fake(site).let_go(site.unit(release));
    drop(site.pursued, site.look(), {.act = Act::drop, .release = release, .why = "newer", .unit = {}});
    CHECK(site.state(release) == ActiveState::inactive);
    CHECK(site.releases() == std::vector{1});
}

TEST_CASE("a candidate that gets no socket is no candidate's fault: its listener counts as lost") {
    Site site;
    site.make_live({});
    fake(site).lose_socket(site.listener());
    const int release = site.start_candidate({.ver = "2"});
    const auto picture = site.look();
    CHECK(picture.find(release)->run == Run::fell);
    CHECK(picture.find(release)->hosts_fault);
    CHECK(picture.find(release)->lacked_socket);
    CHECK(site.pursued.lost_listeners.contains(site.listener()));
}

TEST_CASE("listen replaces a listener that exists in name alone") {
    Site site;
    site.make_live({});
    site.start_handle();
    fake(site).lose_socket(site.listener());
    site.pursued.lost_listeners.insert(site.listener());
    listen(site.pursued, site.look(), site.listener());
    CHECK_FALSE(site.pursued.sound_listeners.contains(site.listener()));
    CHECK(site.pursued.start_again);
    CHECK(site.told().has("listening again: done"));
    CHECK(site.tries().listener.count == 0);
}

TEST_CASE("a host that goes down is seen only while the live release is not up") {
    Site site;
    const int live = site.make_live({});
    fake(site).shut_down();
    CHECK_FALSE(site.look().stops);
    (void)site.manager().stop(site.unit(live));
    CHECK(site.look().stops);
}

TEST_CASE("bind of the site's own port asks the manager for nothing") {
    Site site;
    site.make_live({});
    site.import_candidate({.ver = "2"});
    CHECK(asked_for(site, [&] { site.perform(Act::bind); }).empty());
}

TEST_CASE("a deploy asks for one start, one stop, and no daemon-reload") {
    Site site;
    site.make_live({.ver = "1"});
    const auto asked = asked_for(site, [&] { site.make_live({.ver = "2"}); });
    CHECK(asked == std::vector<std::string>{"start " + site.unit(2), "stop " + site.unit(1)});
}

TEST_CASE("bind of another port first ends what would keep its listener from starting") {
    Site site;
    site.make_live({});
    site.port = site.world().free_port();
    const auto listener = baton::deploy::moved_listener_unit(site.context().name(), site.port);
    site.import_candidate({.ver = "2"});
    const auto asked = asked_for(site, [&] { site.perform(Act::bind); });
    CHECK(is_among(asked, "stop " + baton::deploy::activation_unit(listener)));
    CHECK_FALSE(is_among(asked, "stop " + site.listener()));
}

TEST_CASE("the switch waits no longer than a second for a release that does not stop accepting") {
    Site site;
    site.make_live({.ver = "1"});
    site.start_candidate({.ver = "2"});
    site.perform(Act::check);
    fake(site).hold_jobs(site.unit(1));
    const auto begun = std::chrono::steady_clock::now();
    site.perform(Act::switch_over);
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(took >= 1s);
    CHECK(took < 5s);
    CHECK(site.live() == 2);
    site.wait_until_serving(2);
}

TEST_SUITE_END();
