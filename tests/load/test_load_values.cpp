// SPDX-License-Identifier: MIT
// The pure parts: histogram, reply parser, gap meter, and the arguments: modes, times, sizes, targets.
#include "load/gap_meter.hpp"
#include "load/histogram.hpp"
#include "load/modes.hpp"
#include "load/reply_parser.hpp"
#include "load/target.hpp"
#include "load/units.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a histogram's quantiles are within one percent, at any magnitude") {
    for (const auto unit : {Duration{1ns}, Duration{1us}, Duration{1ms}, Duration{1s}, Duration{1h}}) {
        Histogram histogram;
        for (int i = 1; i <= 10'000; ++i)
            histogram.record(unit * i);
        for (const double q : {0.5, 0.9, 0.99, 0.999, 1.0}) {
            const double exact = q * 10'000 * static_cast<double>(unit.count());
            const auto got = static_cast<double>(histogram.quantile(q).count());
            CHECK(got >= exact * 0.9999);
            CHECK(got <= exact * 1.01);
        }
        CHECK(histogram.max() == unit * 10'000);
        CHECK(histogram.count() == 10'000);
    }
}

TEST_CASE("a histogram takes the extremes, and is nothing when empty") {
    Histogram histogram;
    CHECK(histogram.quantile(0.5) == 0s);
    histogram.record(Duration::max());
    histogram.record(-5s);
    CHECK(histogram.quantile(1) == Duration::max());
    CHECK(histogram.quantile(0.5) == 0s);
    Histogram other;
    other.record(1s);
    other.merge(histogram);
    CHECK(other.count() == 3);
}

/// Feeds `text` in pieces of `size` bytes.
ReplyParser parsed(std::string_view text, std::size_t size) {
    ReplyParser parser;
    while (!text.empty() && !parser.complete() && !parser.bad()) {
        const auto piece = text.substr(0, size);
        text.remove_prefix(parser.feed(piece));
    }
    return parser;
}

TEST_CASE("the reply parser takes good replies, cut anywhere") {
    for (std::size_t size = 1; size < 80; ++size) {
        CAPTURE(size);
        const auto sized =
            parsed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive, Close\r\n\r\nhello", size);
        CHECK(sized.complete());
        CHECK(sized.body() == "hello");
        CHECK_FALSE(sized.keeps_alive());
        const auto chunked = parsed(
            "HTTP/1.1 201\r\nTRANSFER-ENCODING: chunked\r\n\r\n3\r\nabc\r\n00a;e\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
            size);
        CHECK(chunked.complete());
        CHECK(chunked.chunked());
        CHECK(chunked.keeps_alive());
        CHECK(chunked.status() == 201);
        CHECK(chunked.body() == "abc0123456789");
        CHECK(parsed("HTTP/1.1 204 No Content\r\n\r\n", size).complete());
        CHECK(parsed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", size).status() ==
              200);
    }
}

TEST_CASE("the reply parser refuses what is no reply") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const auto& text :
         {std::string{"HTTP/2 200 OK\r\n"}, std::string{"HTTP/1.1 20 OK\r\n"}, std::string{"HTTP/1.1 2000\r\n"},
          std::string{"HTTP/1.7 200 OK\r\n"}, std::string{"\r\n"}, ok + "Nonsense\r\n", ok + ": x\r\n",
          ok + "Content-Length: -1\r\n", ok + "Content-Length: 5x\r\n", ok + "Content-Length:\r\n",
          ok + "Content-Length: 99999999999999999999999\r\n", ok + "Content-Length: 5\r\nContent-Length: 6\r\n",
          ok + "Transfer-Encoding: gzip\r\n", ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
          ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
          std::string{"HTTP/1.1 101 Switching\r\n\r\n"}, std::string(20'000, 'x')}) {
        CAPTURE(text);
        CHECK(parsed(text, 7).bad());
    }
}

TEST_CASE("the reply parser stops at the end of a reply and keeps no more of a body than it says") {
    ReplyParser parser;
    const std::string two = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200";
    CHECK(parser.feed(two) == two.size() - 12);
    parser.reset();
    CHECK_FALSE(parser.begun());
    const std::string big(300'000, 'x');
    CHECK(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + big) > 300'000);
    CHECK(parser.complete());
    CHECK(parser.body_bytes() == 300'000);
    CHECK(parser.body().size() == ReplyParser::k_kept_body_bytes);
}

TEST_CASE("a gap is time without a reply while something is pending") {
    const auto at = [](int ms) { return TimePoint{std::chrono::milliseconds{ms}}; };
    GapMeter gap;
    gap.start(1, at(0));
    gap.answer(at(10));
    gap.start(2, at(1000)); // nothing was pending: no gap
    CHECK(gap.longest() == 10ms);
    gap.give_up(at(1030)); // a failure does not end the quiet
    CHECK(gap.longest() == 30ms);
    gap.answer(at(1050));
    CHECK(gap.longest() == 50ms);
    gap.start(1, at(1100));
    gap.freeze(at(1120));
    gap.answer(at(9000));
    CHECK(gap.longest() == 50ms);
    CHECK(gap.pending() == 0);
}

TEST_CASE("modes are read as they are written") {
    for (const auto* text : {"persistent=32", "fresh=1500", "fresh=0.5", "pipelined=4:depth=16", "slow=8:ms=1500",
                             "upload=4:bytes=1048576:ms=1000:pieces=16", "stream=8:n=10:ms=100", "idle=32:ms=8000",
                             "upload=1:bytes=5:ms=0:pieces=1:chunked"})
        CHECK(label(parse_mode(text)) == text);
    CHECK(parse_mode("upload:bytes=64K").body_bytes == 65536);
    CHECK(parse_mode("idle:ms=2s").max_idle == 2s);
}

TEST_CASE("modes that are malformed are refused with what was found") {
    for (const auto* text :
         {"", "persistant", "persistent=", "persistent=x", "persistent=-1", "fresh=1:ms=5", "slow:ms=", "slow:ms=x",
          "upload:bytes=1T", "stream:x=1", "pipelined:depth=99999999999", "upload:chunked=1", "slow::ms=1"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_mode(text), Error);
    }
    CHECK_THROWS_WITH((void)parse_mode("persistant=3"),
                      "reading the mode 'persistant=3': there is no mode 'persistant', did you mean 'persistent'?");
}

TEST_CASE("a configuration that cannot be is refused") {
    const auto invalid = [](auto change) {
        Config config;
        config.target = "1";
        config.modes = {parse_mode("persistent=1")};
        change(config);
        CHECK_THROWS_AS(config.validate(), Error);
    };
    invalid([](Config& c) { c.modes.clear(); });
    invalid([](Config& c) { c.modes[0].connections = 0; });
    invalid([](Config& c) { c.modes = {parse_mode("fresh=0")}; });
    invalid([](Config& c) { c.modes = {parse_mode("slow=1:ms=10000")}; }); // as long as the timeout
    invalid([](Config& c) { c.modes = {parse_mode("stream=1:n=1000000:ms=1h")}; });
    invalid([](Config& c) { c.timeout = 0s; });
    invalid([](Config& c) { c.duration = 0s; });
    invalid([](Config& c) { c.requests = 0; });
    invalid([](Config& c) { c.path = "hello"; });
    invalid([](Config& c) { c.path = "/x HTTP/1.1\r\nX: y"; });
}

TEST_CASE("times and sizes are read with and without a unit") {
    CHECK(parse_duration("2", 1s) == 2s);
    CHECK(parse_duration("2", 1ms) == 2ms);
    CHECK(parse_duration("1.5s", 1ms) == 1500ms);
    CHECK(parse_duration("250us", 1s) == 250us);
    CHECK(parse_duration("2m", 1s) == 120s);
    CHECK(parse_duration("1h", 1s) == 3600s);
    for (const auto* text : {"", "s", "-1", "1 s", "1e3", "inf", "nan", "1d", "99999999999999h"})
        CHECK_FALSE(parse_duration(text, 1s));
    CHECK(parse_bytes("64K") == 65536U);
    CHECK(parse_bytes("0") == 0U);
    for (const auto* text : {"", "K", "-1", "1.5M", "1KB", "99999999999999999G"})
        CHECK_FALSE(parse_bytes(text));
}

TEST_CASE("targets are read as watch.conf writes them") {
    CHECK(Target{"8080"}.host() == "127.0.0.1:8080");
    CHECK(Target{"[::1]:8080"}.host() == "[::1]:8080");
    CHECK(Target{"http://127.0.0.1:8080/"}.host() == "127.0.0.1:8080");
    CHECK(Target{"/run/shop.sock"}.is_unix());
    for (const auto* text : {"", "0", "65536", "x", "127.0.0.1:", ":8080", "::1:8080", "127.0.0.1:80x", "http://"})
        CHECK_THROWS_AS(Target{text}, Error);
    CHECK_THROWS_AS(Target{"/" + std::string(200, 'x')}, Error);
}

} // namespace
} // namespace baton::load::test
