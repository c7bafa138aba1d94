// SPDX-License-Identifier: MIT
// import and copy: what is wanted becomes a candidate, or is decided. Nothing runs yet.
#include "error_of.hpp"
#include "file_size_limit.hpp"
#include "site.hpp"

#include "deploy/wish/error_kinds.hpp"

#include <fstream>

TEST_SUITE_BEGIN("executors");

using namespace act;
using baton::deploy::Act;
using baton::deploy::Candidate;
using baton::deploy::Decision;
using baton::deploy::Preflight;
using baton::deploy::Tries;
using baton::site::Outcome;
using baton::site::Proof;
using baton::test::contains;
namespace fs = std::filesystem;
namespace kind = baton::error_kind;

TEST_CASE("import makes a candidate of the directory, and decides nothing yet") {
    Site site;
    const int release = site.import_candidate({.ver = "1.0"});
    CHECK(release == 1);
    const auto record = site.record(release);
    CHECK(record.outcome == Outcome::pending);
    CHECK(record.conf.ver == "1.0");
    CHECK(fs::exists(site.context().store.tree_path(release) / "shop"));
    CHECK(site.pursued.candidate->purpose == Candidate::Purpose::wish);
    CHECK_FALSE(site.pursued.candidate->started);
    CHECK(site.pursued.step_ms.contains("import"));
    CHECK(site.decision().result == Decision::Result::none);
    CHECK(site.live() == std::nullopt);
}

TEST_CASE("import finds out what proves a candidate: libbaton holds it back, else a preflight, or nothing") {
    Site site;
    site.import_candidate({});
    CHECK(site.pursued.candidate->proof == Proof::held);
    CHECK(site.pursued.candidate->preflight == Preflight::none);
    site.import_candidate({.ver = "2", .program = "misbehave"});
    CHECK(site.pursued.candidate->proof == Proof::unknown);
    CHECK(site.pursued.candidate->preflight == Preflight::due);
    site.import_candidate(misbehaving("3", ""));
    CHECK(site.pursued.candidate->proof == Proof::none);
    CHECK(site.pursued.candidate->preflight == Preflight::none);
}

TEST_CASE("import of the live release's content decides that nothing changed, and leaves no snapshot") {
    Site site;
    const int live = site.make_live({});
    site.upload({});
    site.perform(Act::import);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.decision().result == Decision::Result::unchanged);
    CHECK(site.decision().release == live);
    CHECK(site.releases() == std::vector{live});
}

TEST_CASE("import refuses a watch.conf that is none, and the live release stays") {
    Site site;
    const int live = site.make_live({});
    std::ofstream{site.context().record.directory / "watch.conf"} << "HttpPort = 80";
    site.have_failed(&Tries::wish, 3);
    site.perform(Act::import);
    CHECK_FALSE(site.pursued.candidate);
    const auto decision = site.decision();
    CHECK(decision.result == Decision::Result::refused);
    CHECK(decision.kind == kind::config);
    CHECK(contains(decision.error, "watch.conf"));
    CHECK(contains(decision.hint, "release 1 (Ver 1) is still serving"));
    CHECK_FALSE(decision.tree.empty());
    CHECK(site.tries().wish.count == 0);
    CHECK(site.live() == live);
    CHECK(site.releases() == std::vector{live});
}

TEST_CASE("import refuses content that was rejected before, and names the release that had it") {
    Site site;
    const auto bad = misbehaving("2", R"("exit")");
    site.make_live({});
    const int rejected = site.start_candidate(bad);
    site.perform(Act::reject);
    site.upload(bad);
    site.perform(Act::import);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.decision().result == Decision::Result::rejected);
    CHECK(site.decision().release == rejected);
    CHECK(contains(site.decision().error, "release 2 had exactly this content and was rejected"));
    CHECK(contains(site.decision().hint, "baton deploy --force"));
    CHECK(site.releases().back() == rejected);
}

TEST_CASE("import puts off what this host prevents, and leaves nothing of it behind") {
    Site site;
    const int live = site.make_live({});
    site.upload({.ver = "2"});
    {
        const baton::test::FileSizeLimit full{32UL * 1024}; // enough for our own files
        site.perform(Act::import);
    }
    CHECK_FALSE(site.pursued.candidate);
    REQUIRE(site.pursued.put_off);
    CHECK(contains(site.pursued.put_off->hint(), "release 1 (Ver 1) is still serving"));
    CHECK(contains(site.pursued.put_off->hint(), "it is tried again automatically, next at"));
    CHECK(site.tries().wish.count == 1);
    CHECK(site.decision().release == live);
    CHECK_FALSE(fs::exists(site.context().store.directory() / "releases" / "2.partial"));
    site.perform(Act::import);
    REQUIRE(site.pursued.candidate);
    CHECK(site.pursued.candidate->release == 2);
}

TEST_CASE("copy makes a candidate of an older release, whatever is in the directory now") {
    Site site;
    const int old = site.make_live({.ver = "old"});
    site.make_live({.ver = "new"});
    copy(site.pursued, site.look(), old, Candidate::Purpose::wish);
    REQUIRE(site.pursued.candidate);
    const auto record = site.record(site.pursued.candidate->release);
    CHECK(record.release == 3);
    CHECK(record.copy_of == old);
    CHECK(record.conf.ver == "old");
    CHECK(record.tree_sha256 == site.record(old).tree_sha256);
    CHECK(record.outcome == Outcome::pending);
    CHECK_FALSE(record.live_since);
    CHECK(site.pursued.candidate->proof == Proof::held);
    CHECK(fs::exists(site.context().store.tree_path(3) / "shop"));
}

TEST_CASE("copy of a release whose snapshot is gone decides the wish: it is refused") {
    Site site;
    site.make_live({});
    copy(site.pursued, site.look(), 7, Candidate::Purpose::wish);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.decision().result == Decision::Result::refused);
    CHECK(site.decision().kind == kind::usage);
    CHECK(contains(site.decision().error, "to release 7: its snapshot is gone"));
}

TEST_CASE("copy of what is live already decides that nothing changed") {
    Site site;
    const int live = site.make_live({});
    copy(site.pursued, site.look(), live, Candidate::Purpose::wish);
    CHECK_FALSE(site.pursued.candidate);
    CHECK(site.decision().result == Decision::Result::unchanged);
    CHECK(site.releases() == std::vector{live});
}

TEST_SUITE_END();
