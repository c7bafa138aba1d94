// SPDX-License-Identifier: MIT
// The table of watch.conf's keys, and that schema, manual and README agree with it.
#include "site/conf/conf_keys.hpp"

#include "site/conf/exclude.hpp"

#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>

namespace baton::site {
namespace {

using test::contains;
using test::content_of;

WatchConf every_key_set() {
    return parse_watch_conf(
               R"({"HttpPort": ["[::1]:80", "/run/b/s"], "Listen": {"a": 82}, "Ver": "2.0 \u00e4", "DelaySecond": 0.25, "BinName": "bin/b",
        "Args": ["-v", "a b"], "Env": {"B": "2", "A": "1 'x'"}, "StandardInput": "socket", "Exclude": ["*.log", "var/"],
        "Sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "HealthPath": "/h", "HealthHost": "h:1",
        "Preflight": false, "ProbationSecond": 1, "UntilProven": true, "KeepReleases": 9})",
               "f")
        .conf;
}

WatchConf least() {
    return parse_watch_conf(R"({"HttpPort": 80, "Ver": "1", "BinName": "b"})", "f").conf;
}

std::string text_of_file(const char* name) {
    return content_of(std::filesystem::path{BATON_SOURCE_ROOT} / name);
}

TEST_CASE("what a file with every key says survives the manifest") {
    const auto conf = every_key_set();
    CHECK(conf_from_manifest(conf_to_manifest(conf)) == conf);
    CHECK(conf_to_manifest(conf).size() == conf_keys().size());
    for (const auto& key : conf_keys()) {
        CAPTURE(key.name);
        CHECK_MESSAGE((key.need == ConfKey::Need::required || key.write(conf) != key.write(least())),
                      "the file above sets no value of its own for this key");
    }
}

TEST_CASE("a manifest loads without any key that not every baton had, and the key has its default") {
    const auto whole = conf_to_manifest(every_key_set());
    for (const auto& key : conf_keys()) {
        CAPTURE(key.name);
        auto without = whole;
        without.erase(std::string{key.member});
        if (key.need == ConfKey::Need::required)
            CHECK_THROWS((void)conf_from_manifest(without));
        else
            CHECK(key.write(conf_from_manifest(without)) == key.write(least()));
    }
}

TEST_CASE("a manifest's values are taken as they are, though watch.conf would not take them today") {
    auto json = conf_to_manifest(least());
    json["keep_releases"] = 5000;
    json["delay_second"] = 100'000;
    json["env"] = {{"LD_PRELOAD", "x"}};
    const auto conf = conf_from_manifest(json);
    CHECK(conf.keep_releases == 5000);
    CHECK(conf.delay == Seconds{100'000});
    CHECK(conf.env.at("LD_PRELOAD") == "x");
}

TEST_CASE("each value is one line for people, and what is not set says what that means") {
    std::string set;
    std::string unset;
    for (const auto& key : conf_keys()) {
        set += fmt::format("{}|", value_text(key, every_key_set()));
        unset += fmt::format("{}|", value_text(key, least()));
    }
    CHECK(
        set ==
        "'[::1]:80' '/run/b/s'|a='82'|2.0 \xC3\xA4|0.25|bin/b|'-v' 'a b'|A='1 \\x27x\\x27' B='2'|socket|'*.log' 'var/'|"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855|/h|h:1|false|1|true|9|");
    CHECK(unset == "80|none|1|0|b|none|none|null|editors' files and .git|not checked|none: READY=1 is the "
                   "gate|localhost|true|60|false|5|");
    CHECK(
        values_of(least()).dump() ==
        R"({"HttpPort":"80","Listen":{},"Ver":"1","DelaySecond":0.0,"BinName":"b","Args":[],"Env":{},"StandardInput":"null","Exclude":[],"Sha256":null,)"
        R"("HealthPath":null,"HealthHost":null,"Preflight":true,"ProbationSecond":60.0,"UntilProven":false,"KeepReleases":5})");
}

TEST_CASE("the schema has each key with the table's words, default and need, in its order, and no other") {
    const auto schema = nlohmann::ordered_json::parse(text_of_file("conf/watch.schema.json"));
    const auto& properties = schema.at("properties");
    REQUIRE(properties.size() == conf_keys().size());
    auto property = properties.begin();
    for (const auto& key : conf_keys()) {
        CAPTURE(key.name);
        CHECK(property.key() == key.name);
        CHECK(property.value().at("description") == std::string{key.doc});
        const auto& asked_for = schema.at("required");
        const bool required = std::find(asked_for.begin(), asked_for.end(), std::string{key.name}) != asked_for.end();
        CHECK(required == (key.need == ConfKey::Need::required));
        if (!required) CHECK(property.value().at("default") == key.write(least()));
        ++property;
    }
}

/// The paragraph of watch.conf(5) on `key`, on one line; empty if there is none.
std::string in_manual(const std::string& manual, std::string_view key) {
    const auto at = manual.find(fmt::format("\n\n*{}* (", key));
    auto entry = at == manual.npos ? "" : manual.substr(at, manual.find("\n\n", at + 1) - at);
    for (std::size_t line = 0; (line = entry.find("\n\t", line)) != entry.npos;)
        entry.replace(line, 2, " ");
    return entry;
}

TEST_CASE(
    "the manual has each key with the table's words and default, and no other; the README has each in its table") {
    const auto manual = text_of_file("docs/man/watch.conf.5.scd");
    const auto readme = text_of_file("README.md");
    for (const auto& key : conf_keys()) {
        CAPTURE(key.name);
        const auto need = key.need == ConfKey::Need::required ? "required" : "default: " + value_text(key, least());
        CHECK(contains(in_manual(manual, key.name), fmt::format("; {}) {}", need, key.doc)));
        CHECK(contains(readme, fmt::format("\n| `{}` | ", key.name)));
    }
    std::size_t entries = 0;
    for (auto at = manual.find("\n*"); at != manual.npos; at = manual.find("\n*", at + 1))
        if (contains(manual.substr(at, manual.find('\n', at + 1) - at), "* (")) ++entries;
    CHECK(entries == conf_keys().size());
}

TEST_CASE("the manual lists what is always excluded") {
    const auto manual = text_of_file("docs/man/watch.conf.5.scd");
    const auto from = manual.find("Always excluded:\n\n\t```");
    REQUIRE(from != manual.npos);
    auto list = manual.substr(from, manual.find("```", from + 25) - from);
    std::replace_if(
        list.begin(), list.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    for (const auto pattern : Excludes::always()) {
        CAPTURE(pattern);
        CHECK(contains(list, fmt::format(" {} ", pattern)));
    }
}

} // namespace
} // namespace baton::site
