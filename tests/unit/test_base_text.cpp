// SPDX-License-Identifier: MIT
// Text for people: escaping, similar names, times and sizes.
#include "base/text.hpp"

#include "error_of.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace baton {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using test::contains;
using test::error_of;

constexpr std::array<std::string_view, 9> k_keys{"HttpPort", "Ver",        "DelaySecond",     "BinName",     "Args",
                                                 "Sha256",   "HealthPath", "ProbationSecond", "KeepReleases"};

TEST_CASE("a quoted name can neither move the cursor nor forge a line nor end its quotes") {
    CHECK(quote("shop") == "'shop'");
    CHECK(quote("") == "''");
    CHECK(quote("a\nb\tc\x1b[2J\x7f") == R"('a\x0ab\x09c\x1b[2J\x7f')");
    CHECK(quote("it's a \\") == R"('it\x27s a \x5c')");
    CHECK(quote(std::string_view{"a\0b", 3}) == R"('a\x00b')");
    CHECK(quote("\xC2\x9B"
                "31m") == R"('\xc2\x9b31m')"); // CSI as one C1 character
    CHECK(quote("\u202Eevil\u2066\u2028") == R"('\xe2\x80\xaeevil\xe2\x81\xa6\xe2\x80\xa8')");
    CHECK(quote("\u20AC\u2014") == "'\u20AC\u2014'");
    CHECK(quote("\xC2\xA0") == "'\xC2\xA0'"); // the first character after C1
}

TEST_CASE("printable text keeps quotes and backslashes, and only escapes what a terminal would obey") {
    CHECK(printable("it's a \\ \"word\"") == "it's a \\ \"word\"");
    CHECK(printable("\r\n") == R"(\x0d\x0a)");
}

TEST_CASE("valid UTF-8 stays, every invalid byte is escaped") {
    for (const std::string_view valid : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                         "\xF4\x8F\xBF\xBF", "\xE0\xA0\x80", "\xF0\x90\x80\x80"}) {
        CAPTURE(quote(valid));
        CHECK(printable(valid) == valid);
    }
    struct Case {
        std::string_view bytes;
        std::string_view shown;
    };
    for (const auto& [bytes, shown] : {
             Case{"\x80", R"(\x80)"},                         // a tail alone
             Case{"\xC3", R"(\xc3)"},                         // cut off
             Case{"\xC3(", R"(\xc3()"},                       // no tail
             Case{"\xC0\xAF", R"(\xc0\xaf)"},                 // "/" in two bytes
             Case{"\xE0\x80\xAF", R"(\xe0\x80\xaf)"},         // in three
             Case{"\xF0\x80\x80\xAF", R"(\xf0\x80\x80\xaf)"}, // in four
             Case{"\xED\xA0\x80", R"(\xed\xa0\x80)"},         // a surrogate
             Case{"\xF4\x90\x80\x80", R"(\xf4\x90\x80\x80)"}, // beyond U+10FFFF
             Case{"\xF5\x80\x80\x80", R"(\xf5\x80\x80\x80)"}, // no such lead
             Case{"\xFF", R"(\xff)"},
             Case{"\xE2\x82", R"(\xe2\x82)"},
             Case{"\xF0\x9F\x9A", R"(\xf0\x9f\x9a)"},
         })
        CHECK(printable(bytes) == shown);
}

TEST_CASE("a misspelt key is recognised, a different word is not") {
    CHECK(did_you_mean("HtpPort", k_keys) == "HttpPort");
    CHECK(did_you_mean("httpport", k_keys) == "HttpPort");
    CHECK(did_you_mean("HttpProt", k_keys) == "HttpPort"); // neighbours swapped: distance 1
    CHECK(did_you_mean("BinaryName", k_keys).empty());
    CHECK(did_you_mean("HtpProt", k_keys) == "HttpPort"); // one missing, two swapped: distance 2
    CHECK(did_you_mean("arsg", k_keys) == "Args");
    CHECK(did_you_mean("Sha512", k_keys).empty()); // distance 3
    CHECK(did_you_mean("Sha26", k_keys) == "Sha256");
    CHECK(did_you_mean("Environment", k_keys).empty());
    CHECK(did_you_mean("", k_keys).empty());
    CHECK(did_you_mean("xyz", k_keys).empty()); // three letters, all wrong, are not "Ver"
    CHECK(did_you_mean(std::string(100'000, 'H'), k_keys).empty());
    CHECK(did_you_mean("Ver", {}).empty());
}

TEST_CASE("a time survives being written and read again, to the millisecond") {
    constexpr std::chrono::system_clock::time_point k_time =
        sys_days{std::chrono::year{2026} / 11 / 22} + 13h + 8min + 123ms;
    const std::chrono::system_clock::time_point epoch{};
    for (const auto time : {k_time, epoch, epoch - 1ms, epoch + std::chrono::years{54}, epoch + 2'147'483'648s})
        CHECK(parse_iso8601(iso8601(time)) == time);
    CHECK(iso8601(k_time) == "2026-11-22T13:08:00.123Z");
    CHECK(iso8601(k_time + 999us) == "2026-11-22T13:08:00.123Z");
    CHECK(iso8601(epoch - 1ms) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("what is no time of that form is refused") {
    for (const std::string_view text :
         {"", "Z", "2026-11-22", "2026-11-22T13:08:00Z", "2026-11-22T13:08:00.123", "2026-11-22T13:08:00.123+",
          "2026-11-22 13:08:00.123Z", "2026-13-22T13:08:00.123Z", "2026-11-22T13:08:00.1234Z", "yesterday",
          "2026-11-22T25:08:00.123Z", "22026-11-22T13:08:0.123Z"}) {
        CAPTURE(text);
        CHECK(contains(error_of([&] { return parse_iso8601(text); }).what(), "not of the form"));
    }
}

TEST_CASE("a time that no clock shows is refused") {
    for (const std::string_view text :
         {"2026-11-22T13:08:00.abcZ", "2026-11-22T13:08:00.-12Z", "2026-11-22T13:08:00. 12Z",
          "2026-11- 2T13:08:00.123Z", "2026-02-30T13:08:00.123Z", "1013-11-22T13:08:00.123Z",
          "9999-11-22T13:08:00.123Z"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_iso8601(text), Error);
    }
}

TEST_CASE("a duration reads with the two figures that matter") {
    CHECK(duration_text(0ns) == "0 ms");
    CHECK(duration_text(38ms) == "38 ms");
    CHECK(duration_text(999ms) == "999 ms");
    CHECK(duration_text(999'500us) == "1.0 s");    // not "1000 ms"
    CHECK(duration_text(59'950ms) == "1 min 0 s"); // not "60.0 s"
    CHECK(duration_text(2100ms) == "2.1 s");
    CHECK(duration_text(60s) == "1 min 0 s");
    CHECK(duration_text(90s) == "1 min 30 s");
    CHECK(duration_text(3599s) == "59 min 59 s");
    CHECK(duration_text(3h + 12min + 40s) == "3 h 12 min");
    CHECK(duration_text(50h) == "2 d 2 h");
}

TEST_CASE("a size reads in powers of 1024") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(1023) == "1023 B");
    CHECK(size_text(64 * 1024) == "64.0 KiB");
    CHECK(size_text(12'897'485) == "12.3 MiB");
    CHECK(size_text(16ULL << 30U) == "16.0 GiB");
    CHECK(size_text(~0ULL) == "16777216.0 TiB");
}

} // namespace
} // namespace baton
