// SPDX-License-Identifier: MIT
// watch.conf: accepted values mean what they say, and everything else is refused at its exact place.
#include "site/conf/watch_conf.hpp"

#include "base/text.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace baton::site {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::content_of;
using test::error_of;

constexpr std::string_view k_recipe = R"({"HttpPort": "8080", "Ver": "1", "DelaySecond": 5, "BinName": "test"})";

/// A file with the required keys and, on the last but one line, `key` with `value`.
struct OneKey {
    std::string text = "{\n";
    std::string place; ///< of the value
};

OneKey one_key(std::string_view key, std::string_view value, std::size_t within = 0) {
    constexpr std::array<std::array<std::string_view, 2>, 3> k_required{
        {{"HttpPort", "8080"}, {"Ver", "\"1\""}, {"BinName", "\"test\""}}};
    OneKey made;
    int line = 2;
    for (const auto& [name, sound] : k_required)
        if (name != key) {
            made.text += fmt::format("  \"{}\": {},\n", name, sound);
            ++line;
        }
    made.text += fmt::format("  \"{}\": {}\n}}\n", key, value);
    made.place = fmt::format("f:{}:{}", line, key.size() + 7 + within);
    return made;
}

WatchConf accepted(std::string_view key, std::string_view value) {
    CAPTURE(key);
    CAPTURE(value);
    auto parsed = parse_watch_conf(one_key(key, value).text, "f");
    CHECK(parsed.warnings.empty());
    return parsed.conf;
}

Error refusal(std::string_view text) {
    auto error = error_of([&] { return parse_watch_conf(text, "f"); });
    CHECK(error.kind() == error_kind::config);
    return error;
}

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump();
}

TEST_CASE("the recipe's own file is accepted byte for byte, and means what it meant there") {
    const auto example = content_of(std::filesystem::path{BATON_SOURCE_ROOT} / "conf/watch.conf");
    CHECK(example == std::string{k_recipe} + "\n");
    for (const auto& text : {std::string{k_recipe}, example}) {
        const auto [conf, unknown_keys, warnings] = parse_watch_conf(text, "watch.conf");
        CHECK(unknown_keys.empty());
        CHECK(warnings.empty());
        CHECK(conf.addresses == std::vector{Address{Address::Family::any, "", 8080}});
        CHECK(conf.ver == "1");
        CHECK(conf.delay == 5s);
        CHECK(conf.bin_name == "test");
    }
}

TEST_CASE("what is left out has its default") {
    const auto conf = parse_watch_conf(R"({"HttpPort":80,"Ver":"1","BinName":"b"})", "f").conf;
    CHECK(conf.delay == 0s);
    CHECK(conf.args.empty());
    CHECK(conf.sha256 == std::nullopt);
    CHECK(conf.health_path == std::nullopt);
    CHECK(conf.probation == 60s);
    CHECK(conf.keep_releases == 5);
}

TEST_CASE("each key takes every form that the manual names") {
    CHECK(accepted("HttpPort", "8080").addresses.front().port == 8080);
    CHECK(accepted("HttpPort", "\"8080\"").addresses.front().port == 8080);
    CHECK(accepted("HttpPort", "\"[::1]:8080\"").addresses.front().family == Address::Family::ipv6);
    CHECK(accepted("HttpPort", "\"/run/shop/http.sock\"").addresses.front().host == "/run/shop/http.sock");
    CHECK(addresses_text(accepted("HttpPort", R"([8080, "/run/shop/a", "[::1]:81"])").addresses) ==
          "8080, /run/shop/a, [::1]:81");
    CHECK(accepted("Listen", "{}").listen.empty());
    const auto both = accepted("Listen", R"({"b": 9091, "admin.v-2_x": "127.0.0.1:9090"})");
    CHECK(both.listen == std::map<std::string, Address>{{"admin.v-2_x", parse_address("127.0.0.1:9090")},
                                                        {"b", parse_address("9091")}});
    CHECK(addresses_text(both.all_addresses()) == "8080, 127.0.0.1:9090, 9091");
    CHECK(accepted("Ver", "\"v1.2-rc/\xC3\xA4 'x'\"").ver == "v1.2-rc/\xC3\xA4 'x'");
    CHECK(accepted("Ver", json_string(std::string(128, 'v'))).ver.size() == 128);
    CHECK(accepted("DelaySecond", "0").delay == 0s);
    CHECK(accepted("DelaySecond", "0.25").delay == 250ms);
    CHECK(accepted("DelaySecond", "86400").delay == 24h);
    CHECK(accepted("BinName", "\"bin/shop\"").bin_name == "bin/shop");
    CHECK(accepted("BinName", "\"..shop\"").bin_name == "..shop");
    CHECK(accepted("BinName", "\"a..b/...\"").bin_name == "a..b/...");
    CHECK(accepted("Args", "[]").args.empty());
    CHECK(accepted("Args", R"(["-v", "", "a b", "x\ny"])").args == std::vector<std::string>{"-v", "", "a b", "x\ny"});
    CHECK(accepted("Env", "{}").env.empty());
    CHECK(accepted("Env", R"({"B": "", "a_1": "x\ny \u0001", "HOME": "/x"})").env ==
          std::map<std::string, std::string>{{"B", ""}, {"HOME", "/x"}, {"a_1", "x\ny \x01"}});
    CHECK(accepted("Exclude", R"(["*.log", "/var/cache/"])").exclude ==
          std::vector<std::string>{"*.log", "/var/cache/"});
    CHECK(accepted("Sha256", json_string(std::string(64, 'A'))).sha256 == std::string(64, 'a'));
    CHECK(accepted("HealthPath", "\"/healthz?full=1\"").health_path == "/healthz?full=1");
    CHECK(accepted("ProbationSecond", "0").probation == 0s);
    CHECK(accepted("ProbationSecond", "1e3").probation == 1000s);
    CHECK(accepted("KeepReleases", "2").keep_releases == 2);
    CHECK(accepted("KeepReleases", "1000").keep_releases == 1000);
}

TEST_CASE("each wrong value is refused with file, line, column, what was found and what was expected") {
    struct Case {
        std::string_view key;
        std::string value;
        std::string_view found;
        std::string_view expected;
        std::size_t within = 0; ///< columns from the value's place to the refused element's
    };
    constexpr auto k_port = "a port such as \"8080\" or 8080";
    constexpr auto k_address = "a port \"8080\", \"127.0.0.1:8080\", \"[::1]:8080\" or \"/run/shop/http.sock\"";
    constexpr auto k_apart = "addresses that can be listened on at the same time";
    constexpr auto k_listen = "an object {\"name\": \"address\"} such as {\"admin\": \"127.0.0.1:9090\"}";
    constexpr auto k_socket_name = "a name of letters, digits, '.', '_' and '-', 64 at most, other than 'http', the "
                                   "name of HttpPort's sockets";
    constexpr auto k_ver = "a string such as \"1\"";
    constexpr auto k_seconds = "a number of seconds from 0 to 86400";
    constexpr auto k_bin = "a file name relative to the site's directory, such as \"test\" or \"bin/shop\"";
    constexpr auto k_args = "a list of at most 256 strings";
    constexpr auto k_env = "an object of at most 256 strings {\"NAME\": \"value\"}";
    constexpr auto k_sha = "64 hexadecimal digits, as sha256sum prints them";
    constexpr auto k_path = "a path such as \"/healthz\"";
    constexpr auto k_keep = "an integer from 2 to 1000";
    const auto digits = std::string(63, 'a');
    for (const auto& [key, value, found, expected, within] : {
             Case{"HttpPort", "true", "true", k_port},
             Case{"HttpPort", "null", "null", k_port},
             Case{"HttpPort", "[]", "an empty list", "at least one address"},
             Case{"HttpPort", "[8080, [81]]", "a list", k_port, 7},
             Case{"HttpPort", "[8080, \"x\"]", "'x' (not a port number)", k_address, 7},
             Case{"HttpPort", "[8080, 8080]", "'8080' together with '8080'", k_apart},
             Case{"HttpPort", "[8080, \"[::]:8080\"]", "'[::]:8080' together with '8080'", k_apart},
             Case{"HttpPort", R"(["127.0.0.1:8080", 8080])", "'8080' together with '127.0.0.1:8080'", k_apart},
             Case{"HttpPort", R"(["[::1]:80", "[0::1]:80"])", "'[0::1]:80' together with '[::1]:80'", k_apart},
             Case{"HttpPort", R"(["0.0.0.0:80", "127.0.0.1:80"])", "'127.0.0.1:80' together with '0.0.0.0:80'",
                  k_apart},
             Case{"HttpPort", R"(["/run/a", "/run/a"])", "'/run/a' together with '/run/a'", k_apart},
             Case{"HttpPort", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "17 addresses",
                  "at most 16, HttpPort and Listen together"},
             Case{"Listen", "[]", "a list", k_listen},
             Case{"Listen", R"({"admin": true})", "true", k_port, 10},
             Case{"Listen", R"({"admin": 8080})", "'8080' together with '8080'", k_apart},
             Case{"Listen", R"({"http": 9090})", "'http'", k_socket_name, 1},
             Case{"Listen", R"({"": 9090})", "''", k_socket_name, 1},
             Case{"Listen", R"({"a:b": 9090})", "'a:b'", k_socket_name, 1},
             Case{"Listen", R"({"a": 9090, "a": 9091})", "'a' a second time", "each name once", 12},
             Case{"HttpPort", "{\"a\":1}", "an object", k_port},
             Case{"HttpPort", "8080.5", "the number 8080.5", k_port},
             Case{"HttpPort", "0", "'0' (ports go from 1 to 65535)", k_address},
             Case{"HttpPort", "65536", "'65536' (ports go from 1 to 65535)", k_address},
             Case{"HttpPort", "-1", "'-1' (not a port number)", k_address},
             Case{"HttpPort", "\"\"", "'' (empty)", k_address},
             Case{"HttpPort", "\"80\\u0000\"", R"('80\x00' (not a port number))", k_address},
             Case{"Ver", "1", "the number 1", k_ver},
             Case{"Ver", "false", "false", k_ver},
             Case{"Ver", "\"\"", "an empty string", k_ver},
             Case{"Ver", json_string(std::string(129, 'v')), "129 bytes",
                  "a string such as \"1\" of at most 128 bytes"},
             Case{"Ver", "\"a\\nb\"", R"(the string 'a\x0ab')", "a string such as \"1\" without control characters"},
             Case{"Ver", "\"a\\u009bb\"", R"(the string 'a\xc2\x9bb')",
                  "a string such as \"1\" without control characters"},
             Case{"Ver", R"("\uFFFE")", "the string '\uFFFE'",
                  "a string such as \"1\" without code points that are not characters, such as U+FFFE"},
             Case{"Ver", R"("\uFDD0")", "the string '\uFDD0'",
                  "a string such as \"1\" without code points that are not characters, such as U+FFFE"},
             Case{"Env", R"({"A": "\uD83F\uDFFF"})", "the string '\U0001FFFF'",
                  "a string without code points that are not characters, such as U+FFFE", 6},
             Case{"DelaySecond", "-1", "the number -1", k_seconds},
             Case{"DelaySecond", "-0.001", "the number -0.001", k_seconds},
             Case{"DelaySecond", "86400.5", "the number 86400.5", k_seconds},
             Case{"DelaySecond", "1e300", "the number 1e+300", k_seconds},
             Case{"DelaySecond", "18446744073709551615", "the number 18446744073709551615", k_seconds},
             Case{"DelaySecond", "\"5\"", "the string '5'", k_seconds},
             Case{"DelaySecond", "null", "null", k_seconds},
             Case{"BinName", "7", "the number 7", k_bin},
             Case{"BinName", "\"\"", "an empty string", k_bin},
             Case{"BinName", "\"/bin/sh\"", "the string '/bin/sh' (an absolute path)", k_bin},
             Case{"BinName", "\"..\"", "the string '..' (\"..\" leaves the directory)", k_bin},
             Case{"BinName", "\"../x\"", "the string '../x' (\"..\" leaves the directory)", k_bin},
             Case{"BinName", "\"a/../b\"", "the string 'a/../b' (\"..\" leaves the directory)", k_bin},
             Case{"BinName", "\"a/..\"", "the string 'a/..' (\"..\" leaves the directory)", k_bin},
             Case{"BinName", "\"bin/\"", "the string 'bin/' (a directory)", k_bin},
             Case{"BinName", "\".\"", "the string '.' (a directory)", k_bin},
             Case{"Args", "\"-v\"", "the string '-v'", k_args},
             Case{"Args", "{}", "an object", k_args},
             Case{"Args", "[1]", "the number 1", k_args, 1},
             Case{"Args", "[\"a\", null]", "null", k_args, 6},
             Case{"Args", "[[]]", "a list", k_args, 1},
             Case{"Args", "[\"a\\u0000b\"]", "a NUL character",
                  "strings without it, because execve(2) does not accept it", 1},
             Case{"Args", nlohmann::json(std::vector<std::string>(257, "x")).dump(), "257 of them", k_args},
             Case{"Args", "[" + json_string(std::string(4097, 'x')) + "]", "4097 bytes",
                  "strings of at most 4096 bytes", 1},
             Case{"Env", "[]", "a list", k_env},
             Case{"Env", "null", "null", k_env},
             Case{"Env", R"({"A": "1", "B": 2})", "the number 2", k_env, 16},
             Case{"Env", R"({"A": null})", "null", k_env, 6},
             Case{"Env", R"({"A": {"x": "y"}})", "an object", k_env, 6},
             Case{"Env", R"({"A": ["x"]})", "a list", k_env, 6},
             Case{"Env", R"({"A": "a\u0000b"})", "a NUL character",
                  "strings without it, because execve(2) does not accept it", 6},
             Case{"Env", R"({"A": ")" + std::string(32769, 'x') + "\"}", "32769 bytes",
                  "strings of at most 32768 bytes", 6},
             Case{"Env", R"({"A": "1", "A": "2"})", "'A' a second time", "each name once", 11},
             Case{"Exclude", "\"*.log\"", "the string '*.log'", "a list of at most 64 strings"},
             Case{"Exclude", "[1]", "the number 1", "a list of at most 64 strings", 1},
             Case{"Exclude", "[\"\"]", "an empty string", "a pattern such as \"*.log\" or \"var/cache\"", 1},
             Case{"Exclude", "[\"a\", \"!b\"]", "the string '!b' (a '!' in front)", "patterns of files to leave out",
                  6},
             Case{"Sha256", "7", "the number 7", k_sha},
             Case{"Sha256", "\"abc\"", "the string 'abc'", k_sha},
             Case{"Sha256", json_string(digits + "g"), "the string '", k_sha},
             Case{"HealthPath", "7", "the number 7", k_path},
             Case{"HealthPath", "\"\"", "an empty string", k_path},
             Case{"HealthPath", "\"healthz\"", "the string 'healthz'", k_path},
             Case{"HealthPath", "\"/a b\"", "the string '/a b'", k_path},
             Case{"HealthPath", "\"/a\\r\\nX: y\"", R"(the string '/a\x0d\x0aX: y')",
                  "a path such as \"/healthz\" without control characters"},
             Case{"HealthPath", json_string("/" + std::string(1024, 'x')), "1025 bytes",
                  "a path such as \"/healthz\" of at most 1024 bytes"},
             Case{"ProbationSecond", "-1", "the number -1", k_seconds},
             Case{"ProbationSecond", "true", "true", k_seconds},
             Case{"KeepReleases", "1", "the number 1", k_keep},
             Case{"KeepReleases", "1001", "the number 1001", k_keep},
             Case{"KeepReleases", "2.0", "the number 2.0", k_keep},
             Case{"KeepReleases", "-5", "the number -5", k_keep},
             Case{"KeepReleases", "18446744073709551615", "the number 18446744073709551615", k_keep},
             Case{"KeepReleases", "\"5\"", "the string '5'", k_keep},
         }) {
        const auto file = one_key(key, value, within);
        CAPTURE(file.text);
        const std::string message = refusal(file.text).what();
        CHECK(message.starts_with(fmt::format("reading {}: {}: found {}", file.place, key, found)));
        CHECK(message.ends_with(fmt::format(", expected {}", expected)));
    }
}

TEST_CASE("a long value is shown in part") {
    CHECK(std::string{refusal(one_key("Sha256", json_string(std::string(70, 'a'))).text).what()} ==
          "reading f:5:13: Sha256: found the string '" + std::string(59, 'a') +
              "..., expected 64 hexadecimal digits, as sha256sum prints them");
}

TEST_CASE("what is shown of a long value is whole characters") {
    std::string value;
    for (int i = 0; i < 40; ++i)
        value += "\xC3\xA4";
    const std::string message = refusal(one_key("Sha256", json_string(value)).text).what();
    CHECK(printable(message) == message);
}

TEST_CASE("a missing key is named, and a misspelt one with it") {
    CHECK(std::string{refusal("{}").what()} == "reading f:1:1: the key 'HttpPort' is missing");
    CHECK(std::string{refusal(R"({"HttpPort":1,"BinName":"b"})").what()} == "reading f:1:1: the key 'Ver' is missing");
    CHECK(std::string{refusal(R"({"HttpPort":1,"Ver":"1"})").what()} == "reading f:1:1: the key 'BinName' is missing");
    CHECK(std::string{refusal(R"({"httpport":1,"Ver":"1","BinName":"b"})").what()} ==
          "reading f:1:1: the key 'HttpPort' is missing (reading f:1:2: unknown key 'httpport', ignoring; did you mean "
          "'HttpPort'?)");
}

TEST_CASE("an unknown key is a warning with its place, and a suggestion where one is near") {
    const auto warnings_of = [](std::string_view key) {
        return parse_watch_conf(one_key(key, "1").text, "f").warnings;
    };
    CHECK(warnings_of("KeepRelease") ==
          std::vector<std::string>{"reading f:5:3: unknown key 'KeepRelease', ignoring; did you mean 'KeepReleases'?"});
    CHECK(warnings_of("Comment") == std::vector<std::string>{"reading f:5:3: unknown key 'Comment', ignoring"});
    CHECK(warnings_of("\\u001b[2J") == std::vector<std::string>{R"(reading f:5:3: unknown key '\x1b[2J', ignoring)"});
    CHECK(warnings_of("") == std::vector<std::string>{"reading f:5:3: unknown key '', ignoring"});
    CHECK(warnings_of("$schema") == std::vector<std::string>{"reading f:5:3: unknown key '$schema', ignoring"});
}

TEST_CASE("what is nearly a key that keeps bad releases out is refused, and never ignored") {
    for (const auto& [misspelt, meant] : std::map<std::string, std::string>{{"Healthpath", "HealthPath"},
                                                                            {"healthPath", "HealthPath"},
                                                                            {"health_path", "HealthPath"},
                                                                            {"HealthPaht", "HealthPath"},
                                                                            {"HealthCheckPath", "HealthPath"},
                                                                            {"Health", "HealthPath"},
                                                                            {"sha256", "Sha256"},
                                                                            {"SHA-256", "Sha256"},
                                                                            {"Sha256Sum", "Sha256"},
                                                                            {"Sha265", "Sha256"},
                                                                            {"ProbationSeconds", "ProbationSecond"},
                                                                            {"probation_second", "ProbationSecond"},
                                                                            {"ProbationTime", "ProbationSecond"},
                                                                            {"Preflght", "Preflight"},
                                                                            {"preflight_check", "Preflight"},
                                                                            {"HealthHosts", "HealthHost"},
                                                                            {"DelaySeconds", "DelaySecond"},
                                                                            {"Delay", "DelaySecond"},
                                                                            {"until_proven", "UntilProven"}}) {
        CAPTURE(misspelt);
        const auto error = refusal(one_key(misspelt, "1").text);
        CHECK(std::string{error.what()} ==
              fmt::format("reading f:5:3: unknown key '{}'; did you mean '{}'?", misspelt, meant));
        CHECK(contains(error.hint(), "refused and not ignored"));
    }
}

TEST_CASE("a variable that systemd, baton or the loader reads, or that is no name, is refused at its place") {
    for (const auto& [name, reason] : std::map<std::string, std::string>{{"LISTEN_FDS", "only systemd may set"},
                                                                         {"LISTEN_PID", "only systemd may set"},
                                                                         {"NOTIFY_SOCKET", "only systemd may set"},
                                                                         {"WATCHDOG_USEC", "only systemd may set"},
                                                                         {"INVOCATION_ID", "only systemd may set"},
                                                                         {"JOURNAL_STREAM", "only systemd may set"},
                                                                         {"MAINPID", "only systemd may set"},
                                                                         {"STATE_DIRECTORY", "only systemd may set"},
                                                                         {"SYSTEMD_EXEC_PID", "only systemd may set"},
                                                                         {"BATON_ARGV", "only baton may set"},
                                                                         {"BATON_X", "only baton may set"},
                                                                         {"LD_PRELOAD", "the loader"},
                                                                         {"GLIBC_TUNABLES", "the loader"},
                                                                         {"1A", "a name of letters"},
                                                                         {"A-B", "a name of letters"},
                                                                         {"A=B", "a name of letters"},
                                                                         {"", "a name of letters"},
                                                                         {"A B", "a name of letters"}}) {
        CAPTURE(name);
        const std::string message =
            refusal(one_key("Env", fmt::format(R"({{"OK": "1", "{}": "x"}})", name)).text).what();
        CHECK(message.starts_with(fmt::format("reading f:5:22: Env: found '{}', ", name)));
        CHECK(contains(message, reason));
    }
}

TEST_CASE("a pattern may not leave out the program, itself or with a directory above it") {
    const auto message = [](std::string_view bin, std::string_view exclude) {
        return std::string{
            refusal(fmt::format(R"({{"HttpPort":1,"Ver":"1","BinName":"{}","Exclude":[{}]}})", bin, exclude)).what()};
    };
    CHECK(message("bin/shop", "\"x\",\"bin/\"") ==
          "reading f:1:35: BinName: found 'bin/shop', expected a program that is not excluded (Exclude 'bin/')");
    CHECK(contains(message("shop", "\"*\""), "(Exclude '*')"));
    CHECK(contains(message("shop.swp", ""), "(Exclude '*.swp')"));
}

TEST_CASE("an editor's \"$schema\" is no unknown key") {
    CHECK(parse_watch_conf(one_key("$schema", R"("/usr/share/baton/watch.schema.json")").text, "f").warnings.empty());
}

TEST_CASE("a key given twice is refused, an unknown one too") {
    CHECK(contains(refusal(R"({"HttpPort":1,"Ver":"1","BinName":"b","Ver":"2"})").what(),
                   "reading f:1:39: found the key 'Ver' a second time; the first is at f:1:15"));
    CHECK(contains(refusal(R"({"x":1,"x":1})").what(), "found the key 'x' a second time"));
}

TEST_CASE(
    "the schema's defaults are those of a file without the key, and baton takes each of its examples and bounds") {
    const auto schema =
        nlohmann::json::parse(content_of(std::filesystem::path{BATON_SOURCE_ROOT} / "conf/watch.schema.json"));
    const auto plain = parse_watch_conf(R"({"HttpPort":80,"Ver":"1","BinName":"b"})", "f").conf;
    const auto same = [](const WatchConf& a, const WatchConf& b) {
        return a.delay == b.delay && a.args == b.args && a.env == b.env && a.exclude == b.exclude &&
               a.sha256 == b.sha256 && a.health_path == b.health_path && a.probation == b.probation &&
               a.keep_releases == b.keep_releases;
    };
    for (const auto& property : schema.at("properties").items()) {
        const auto& key = property.key();
        const auto& member = property.value();
        CAPTURE(key);
        if (member.contains("default") && !member.at("default").is_null())
            CHECK(same(accepted(key, member.at("default").dump()), plain));
        CHECK(member.at("examples").size() > 0);
        for (const auto& example : member.at("examples"))
            CHECK_NOTHROW((void)accepted(key, example.dump()));
        for (const auto& [bound, beyond] : {std::pair{"minimum", -1}, std::pair{"maximum", 1}})
            if (member.contains(bound)) {
                const auto limit = member.at(bound).get<int>();
                CHECK_NOTHROW((void)accepted(key, std::to_string(limit)));
                CHECK_THROWS_AS((void)parse_watch_conf(one_key(key, std::to_string(limit + beyond)).text, "f"), Error);
            }
        if (member.contains("maxLength") && key != "HealthPath") {
            const auto longest = member.at("maxLength").get<std::size_t>();
            CHECK_NOTHROW((void)accepted(key, json_string(std::string(longest, 'x'))));
            CHECK_THROWS_AS((void)parse_watch_conf(one_key(key, json_string(std::string(longest + 1, 'x'))).text, "f"),
                            Error);
        }
    }
}

TEST_CASE("truncated at any byte, the recipe's file is refused as such and in no other way") {
    for (std::size_t length = 0; length < k_recipe.size(); ++length) {
        CAPTURE(length);
        const auto error = refusal(k_recipe.substr(0, length));
        CHECK(std::string_view{error.what()}.starts_with("reading f:1:"));
    }
}

TEST_CASE("with any byte replaced by any other, the recipe's file is accepted or refused, and nothing else") {
    int accepted_texts = 0;
    for (std::size_t at = 0; at < k_recipe.size(); ++at)
        for (int byte = 0; byte < 256; ++byte) {
            std::string text{k_recipe};
            text[at] = static_cast<char>(byte);
            try {
                (void)parse_watch_conf(text, "f");
                ++accepted_texts;
            } catch (const Error& error) {
                REQUIRE(error.kind() == error_kind::config);
                REQUIRE(printable(error.what()) == error.what());
            }
        }
    CHECK(accepted_texts > 500); // other digits, other names
}

TEST_CASE("64 KiB are accepted, one byte more is refused before it is parsed") {
    std::string text{k_recipe};
    text.resize(k_watch_conf_limit_bytes, ' ');
    CHECK(parse_watch_conf(text, "f").conf.ver == "1");
    CHECK(std::string{refusal(text + " ").what()} == "reading f: longer than 64.0 KiB");
    CHECK(std::string{refusal(std::string(10'000'000, '[')).what()} == "reading f: longer than 64.0 KiB");
}

TEST_CASE("eight levels of nesting are accepted, in an unknown key even; nine are refused") {
    const auto nested = [](std::size_t lists) {
        return one_key("Comment", std::string(lists, '[') + std::string(lists, ']')).text;
    };
    CHECK(parse_watch_conf(nested(7), "f").warnings.size() == 1);
    CHECK(contains(refusal(nested(8)).what(), "nested deeper than 8 levels"));
    CHECK(contains(refusal(nested(30'000)).what(), "nested deeper than 8 levels"));
}

TEST_CASE("a byte order mark does no harm") {
    CHECK(parse_watch_conf("\xEF\xBB\xBF" + std::string{k_recipe}, "f").conf.ver == "1");
}

TEST_CASE("a file's name is made safe to print") {
    CHECK(std::string{error_of([] { return parse_watch_conf("", "a\x1b[2J"); }).what()}.starts_with(
        R"(reading a\x1b[2J:1:1: )"));
}

} // namespace
} // namespace baton::site
