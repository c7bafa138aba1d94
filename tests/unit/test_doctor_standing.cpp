// SPDX-License-Identifier: MIT
// How a site stands, as the doctor and status tell it.
#include "doctor/checks/standing.hpp"

#include "deploy/act/drain_limit.hpp"

#include <doctest/doctest.h>

namespace baton::doctor {
namespace {

using deploy::Decision;
using deploy::ReleaseState;
using sd::ActiveState;

deploy::ReleaseReport release(int number, ReleaseState state) {
    deploy::ReleaseReport report;
    report.manifest.release = number;
    report.state = state;
    return report;
}

deploy::SiteReport good() {
    deploy::SiteReport site;
    site.site = "shop";
    site.record.conf_name = "watch.conf";
    site.listeners = {{"http", "8080", "shop.socket", ActiveState::active, "8080"}};
    site.handle_state = ActiveState::active;
    site.watch_state = ActiveState::active;
    site.live = 2;
    site.releases = {release(2, ReleaseState::live), release(1, ReleaseState::stopped)};
    return site;
}

Findings all_of(const deploy::SiteReport& site) {
    auto found = judge_handle({site.site, site.handle_state, "loaded"});
    for (const auto judge : {judge_listeners, judge_watch, judge_releases, judge_live})
        for (auto& one : judge(site))
            found.push_back(std::move(one));
    return found;
}

TEST_CASE("nothing is to be said of a site that serves") {
    CHECK(all_of(good()).empty());
    auto site = good();
    site.handle_state = ActiveState::reloading; // a deploy runs
    CHECK(all_of(site).empty());
}

TEST_CASE("of a site that is down only that is told") {
    auto site = good();
    site.handle_state = ActiveState::inactive;
    site.watch_state = ActiveState::inactive;
    site.listeners.front().state = ActiveState::inactive;
    site.live.reset();
    const auto found = all_of(site);
    REQUIRE(found.size() == 1);
    CHECK(found.front().type == "systemctl start shop");
}

TEST_CASE("a site that is down is started by a command that works, also if it is masked or has no unit file") {
    const auto typed = [](const char* load_state) {
        return judge_handle({"shop", ActiveState::inactive, load_state}).front().type;
    };
    CHECK(typed("loaded") == "systemctl start shop");
    CHECK(typed("masked") == "systemctl unmask shop && systemctl unmask --runtime shop && systemctl start shop");
    CHECK(typed("not-found") == "systemctl start baton-pursue@shop.service && systemctl start shop");
}

TEST_CASE("a listener, a watch and a live release that are missing are a finding each") {
    auto site = good();
    site.listeners.front().state = ActiveState::failed;
    CHECK(all_of(site).front().what == "shop.socket is failed");
    site = good();
    site.watch_state = ActiveState::failed;
    CHECK(all_of(site).front().line() ==
          "shop.path is failed; edits of watch.conf go unseen: systemctl restart shop.path");
    site = good();
    site.live.reset();
    CHECK(all_of(site).front().type == "systemctl reload shop");
    site = good();
    site.live = 3;
    CHECK(all_of(site).front().what == "the snapshot of the live release 3 is gone");
}

TEST_CASE("a release that was left over, and as many draining ones as there may be, are a finding each") {
    auto site = good();
    site.releases.push_back(release(3, ReleaseState::left_over));
    CHECK(all_of(site).size() == 1);
    site = good();
    for (std::size_t i = 1; i < deploy::k_most_draining; ++i)
        site.releases.push_back(release(10 + static_cast<int>(i), ReleaseState::draining));
    CHECK(all_of(site).empty());
    site.releases.push_back(release(30, ReleaseState::draining));
    CHECK(all_of(site).size() == 1);
}

TEST_CASE("settings that the live release was not started with are a finding") {
    CHECK(judge_settings({"shop", 0, false}).empty());
    CHECK(judge_settings({"shop", 7, true}).empty());
    REQUIRE(judge_settings({"shop", 7, false}).size() == 1);
    CHECK(judge_settings({"shop", 7, false}).front().type == "systemctl reload shop");
}

TEST_CASE("settings of a socket that are not in effect are told with their file") {
    const auto found =
        judge_idle_settings({{"shop", "watch.conf", "8080", "/etc/a.conf", {"ListenStream", "Accept"}, {}},
                             {"shop", "watch.conf", "8080", "/etc/b.conf", {}, {"SocketMode"}}});
    REQUIRE(found.size() == 2);
    CHECK(found[0].what == "ListenStream, Accept of '/etc/a.conf' are not in effect");
    CHECK(found[0].type ==
          "sed -i --follow-symlinks '/^[[:blank:]]*ListenStream[[:blank:]]*=/d' /etc/a.conf && "
          "sed -i --follow-symlinks '/^[[:blank:]]*Accept[[:blank:]]*=/d' /etc/a.conf && systemctl daemon-reload");
    CHECK(found[1].what == "SocketMode of '/etc/b.conf' is newer than the socket on 8080, and not in effect");
}

TEST_CASE("what the host prevented is a finding until it works") {
    TriesSeen seen{.site = "shop", .wish = {}, .live = {}, .way_back = {}, .listener = {}};
    CHECK(judge_tries(seen).empty());
    seen.wish.count = 1;
    seen.wish.why = "the disk is full";
    seen.live.count = 1; // it has been started, and did not fail yet
    const auto found = judge_tries(seen);
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "the newest wish is not live yet: the disk is full");
    seen.live.why = "the program could not be executed";
    CHECK(judge_tries(seen).back().type == "baton deploy shop");
    seen.is_live_damaged = true;
    CHECK(judge_tries(seen).back().type == "baton deploy --force shop");
}

EditSeen edit(Decision::Result result) {
    EditSeen seen{.site = "shop", .conf_name = "watch.conf", .directory = "/srv/shop", .decided = {}};
    seen.decided.result = result;
    seen.decided.error = "release 3 rejected: it exited";
    seen.decided.release = 3;
    return seen;
}

TEST_CASE("a watch.conf that was refused, rejected or rolled back is a finding, and one that is live is none") {
    for (const auto fine : {Decision::Result::none, Decision::Result::live, Decision::Result::unchanged})
        CHECK(judge_edit(edit(fine)).empty());
    CHECK(judge_edit(edit(Decision::Result::refused)).front().type == "baton check /srv/shop");
    CHECK(
        judge_edit(edit(Decision::Result::rejected)).front().what.starts_with("the current watch.conf was rejected: "));
    CHECK(judge_edit(edit(Decision::Result::rolled_back)).front().type == "baton logs shop 3");
    auto long_winded = edit(Decision::Result::rejected);
    long_winded.decided.error = "it exited\n  | reading the settings";
    CHECK(judge_edit(long_winded).front().what == "the current watch.conf was rejected: it exited");
    auto secret = edit(Decision::Result::refused);
    secret.decided.error.clear();
    CHECK(judge_edit(secret).front().what.find("may read why") != std::string::npos);
}

TEST_CASE("an edit that nobody deploys is a finding, and one that is being deployed passes") {
    auto seen = edit(Decision::Result::refused);
    seen.is_decided = false;
    REQUIRE(judge_edit(seen).size() == 1);
    CHECK(judge_edit(seen).front().passes);
    seen.is_watched = false;
    CHECK_FALSE(judge_edit(seen).front().passes);
    CHECK(judge_edit(seen).front().type == "systemctl reload shop");
    seen.is_up = false;
    CHECK(judge_edit(seen).front().type == "systemctl start shop");
    seen.is_tried = true; // the check of the tries says so
    CHECK(judge_edit(seen).empty());
}

} // namespace
} // namespace baton::doctor
