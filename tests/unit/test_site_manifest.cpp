// SPDX-License-Identifier: MIT
// The manifest: what is written is read back, a newer version is refused, a damaged one is an error, not a crash.
#include "site/release/manifest.hpp"

#include "error_of.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace baton::site {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::error_of;

Manifest full_manifest() {
    Manifest manifest;
    manifest.release = 42;
    manifest.copy_of = 7;
    manifest.conf.addresses = {parse_address("[::1]:8080")};
    manifest.conf.ver = "1.2-\xC3\xA4";
    manifest.conf.delay = Seconds{0.1};
    manifest.conf.bin_name = "bin/shop";
    manifest.conf.args = {"-v", "", "a b", "x\ny\"\\"};
    manifest.conf.env = {{"A", "x\ny"}, {"B", ""}};
    manifest.conf.exclude = {"*.log", "var/"};
    manifest.conf.sha256 = std::string(64, 'a');
    manifest.conf.health_path = "/healthz";
    manifest.conf.probation = Seconds{1e-3};
    manifest.conf.keep_releases = 9;
    manifest.warnings = {"reading watch.conf:2:3: unknown key 'Colour', ignoring"};
    manifest.program_sha256 = std::string(64, 'b');
    manifest.tree_sha256 = std::string(64, 'c');
    manifest.files = 20'000;
    manifest.bytes = ~std::uint64_t{0};
    manifest.created = Time{1'800'000'000'123ms};
    manifest.outcome = Outcome::rolled_back;
    manifest.failed_step = "start";
    manifest.reason = "the program exited with status 1";
    manifest.has_snapshot = false;
    manifest.live_since = Time{1'800'000'001'000ms};
    manifest.live_until = Time{1'800'000'002'999ms};
    manifest.step_ms = {{"read", 0.5}, {"import", 12.25}};
    return manifest;
}

void check_same(const Manifest& a, const Manifest& b) {
    CHECK(a.release == b.release);
    CHECK(a.copy_of == b.copy_of);
    CHECK(a.conf == b.conf);
    CHECK(a.warnings == b.warnings);
    CHECK(a.program_sha256 == b.program_sha256);
    CHECK(a.tree_sha256 == b.tree_sha256);
    CHECK(a.files == b.files);
    CHECK(a.bytes == b.bytes);
    CHECK(a.created == b.created);
    CHECK(a.outcome == b.outcome);
    CHECK(a.failed_step == b.failed_step);
    CHECK(a.reason == b.reason);
    CHECK(a.has_snapshot == b.has_snapshot);
    CHECK(a.live_since == b.live_since);
    CHECK(a.live_until == b.live_until);
    CHECK(a.step_ms == b.step_ms);
}

/// The full manifest's JSON with one thing changed.
template <typename Change>
std::string changed(Change change) {
    auto json = nlohmann::ordered_json::parse(to_json(full_manifest()));
    change(json);
    return json.dump();
}

TEST_CASE("a manifest is read as it was written, full and empty") {
    check_same(manifest_from_json(to_json(full_manifest()), "m"), full_manifest());
    Manifest empty;
    empty.conf.addresses = {parse_address("1")};
    check_same(manifest_from_json(to_json(empty), "m"), empty);
}

TEST_CASE("every outcome has a word of its own and is read back from it") {
    for (const auto outcome : {Outcome::pending, Outcome::rejected, Outcome::accepted, Outcome::rolled_back}) {
        auto manifest = full_manifest();
        manifest.outcome = outcome;
        CHECK(manifest_from_json(to_json(manifest), "m").outcome == outcome);
    }
    CHECK(outcome_text(Outcome::rolled_back) == "rolled-back");
}

TEST_CASE("each field is always there, null when empty") {
    const auto json = nlohmann::json::parse(to_json(Manifest{}));
    CHECK(json.size() == 15);
    for (const auto* const key : {"copy_of", "failed_step", "reason", "live_since", "live_until"})
        CHECK(json.at(key).is_null());
    CHECK(json.at("version") == k_manifest_version);
}

TEST_CASE("a manifest of version 1, as the first baton wrote it, still loads") {
    const auto manifest = manifest_from_json(R"({
  "version": 1,
  "release": 3,
  "copy_of": null,
  "watch_conf": {
    "http_port": "8080",
    "ver": "1",
    "delay_second": 5.0,
    "bin_name": "test",
    "args": [],
    "sha256": null,
    "health_path": null,
    "probation_second": 60.0,
    "keep_releases": 5
  },
  "program_sha256": "aa",
  "tree_sha256": "bb",
  "files": 2,
  "bytes": 100,
  "created": "2026-11-22T13:08:00.123Z",
  "outcome": "accepted",
  "failed_step": null,
  "reason": null,
  "live_since": "2026-11-22T13:08:01.000Z",
  "live_until": null,
  "step_ms": {"import": 1.5}
})",
                                             "m");
    CHECK(manifest.release == 3);
    CHECK(manifest.conf.delay == 5s);
    CHECK(manifest.outcome == Outcome::accepted);
    CHECK(manifest.live_since.has_value());
    CHECK_FALSE(manifest.live_until.has_value());
}

TEST_CASE(
    "a manifest of version 1 with Env and Exclude, which came later, loads, and one with a key of a later baton too") {
    const auto later = changed([](auto& json) { json["watch_conf"]["a_key_to_come"] = {1, 2}; });
    CHECK(manifest_from_json(later, "m").conf == full_manifest().conf);
    for (const auto* const member : {"env", "exclude"}) {
        const auto before = changed([&](auto& json) { json["watch_conf"].erase(member); });
        CHECK_NOTHROW((void)manifest_from_json(before, "m"));
    }
}

TEST_CASE("a manifest of a newer baton is refused, not guessed") {
    const auto newer = changed([](auto& json) { json["version"] = k_manifest_version + 1; });
    CHECK(std::string{error_of([&] { return manifest_from_json(newer, "a/manifest.json"); }).what()} ==
          "reading 'a/manifest.json': version 2 is newer than this baton's 1");
}

TEST_CASE("a damaged manifest is an error that names the file") {
    const auto whole = to_json(full_manifest());
    for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
        const auto error = error_of([&] { return manifest_from_json(whole.substr(0, length), "m"); });
        REQUIRE(std::string_view{error.what()}.starts_with("reading 'm': "));
    }
    const auto keys = nlohmann::json::parse(whole);
    for (const auto& member : keys.items()) {
        const auto& key = member.key();
        if (key == "has_snapshot" || key == "warnings") continue; // older ones have none
        CAPTURE(key);
        const auto without = changed([&](auto& json) { json.erase(key); });
        CHECK_THROWS_AS((void)manifest_from_json(without, "m"), Error);
        const auto wrong = changed([&](auto& json) { json[key] = {{"a", "wrong type"}}; });
        CHECK_THROWS_AS((void)manifest_from_json(wrong, "m"), Error);
    }
    for (const auto* const text : {"[]", "1", "null", "\"\"", "{}", "\xFF"})
        CHECK_THROWS_AS((void)manifest_from_json(text, "m"), Error);
    const auto unknown = changed([](auto& json) { json["outcome"] = "splendid"; });
    CHECK(contains(error_of([&] { return manifest_from_json(unknown, "m"); }).what(), "unknown outcome 'splendid'"));
}

TEST_CASE("a number that does not fit is damage, not another number") {
    const auto version = changed([](auto& json) { json["version"] = 4'294'967'297; });
    CHECK_THROWS_AS((void)manifest_from_json(version, "m"), Error);
    const auto release = changed([](auto& json) { json["release"] = 4'294'967'297; });
    CHECK_THROWS_AS((void)manifest_from_json(release, "m"), Error);
}

TEST_CASE("what the program printed is no part of a manifest's text, and is told apart in one of the first baton") {
    auto manifest = full_manifest();
    manifest.set_reason("it failed\n  | token=hunter2\n  | bye");
    CHECK(manifest.reason == "it failed");
    CHECK(manifest.evidence == "token=hunter2\nbye\n");
    CHECK_FALSE(contains(to_json(manifest), "hunter2"));
    const auto old = changed([](auto& json) { json["reason"] = "it failed\n  | token=hunter2"; });
    const auto read = manifest_from_json(old, "m");
    CHECK(read.reason == "it failed");
    CHECK(read.evidence == "token=hunter2\n");
}

TEST_CASE("last words that are no UTF-8 do not make the manifest unreadable") {
    auto manifest = full_manifest();
    manifest.reason = "core \xFF\xFE dumped\x1b[2J";
    const auto read = manifest_from_json(to_json(manifest), "m");
    CHECK(contains(read.reason, "core "));
    CHECK(contains(read.reason, " dumped\x1b[2J"));
}

} // namespace
} // namespace baton::site
