// SPDX-License-Identifier: MIT
// The reports on a hand-made result, letter for letter; and that an empty result still has every field of the JSON.
#include "load/modes.hpp"
#include "load/report_json.hpp"
#include "load/report_text.hpp"
#include "load/tally.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

constexpr auto k_utc = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 13h;

/// 100 requests a mode, of which one cut; two versions; two seconds.
Result example() {
    Tally tally{{parse_mode("persistent=2"), parse_mode("upload=1:ms=500")}};
    const TimePoint start{1000s};
    for (int i = 0; i < 100; ++i) {
        const auto at = start + i * 10ms;
        for (const std::size_t mode : {0U, 1U}) {
            tally.start(mode, 1, at);
            if (mode == 1 && i == 50)
                tally.fail({at + 5ms, 1, Failure::cut, "end of file", "1\x1b/7"}, at);
            else
                tally.answer(mode, at, at + 2ms);
        }
    }
    auto& roster = tally.roster();
    const auto one = roster.find(R"({"ver":"1\u001b","pid":"7"})");
    const auto two = roster.find(R"({"ver":"2","pid":"8"})");
    tally.identify(one.value(), start, start + 1ms);
    tally.identify(two.value(), start, start + 500ms);
    tally.identify(one.value(), start + 600ms, start + 700ms);
    auto result = tally.result();
    result.target = "127.0.0.1:8080";
    result.started = start;
    result.started_utc = k_utc;
    result.stopped = start + 2s;
    result.ended = start + 2s;
    result.reason = StopReason::duration;
    result.connections = 3;
    result.cpu = 500ms;
    return result;
}

TEST_CASE("the report for people says what failed, how, and who answered when") {
    CHECK(
        report_text(example()) ==
        R"(mode                                      requests  failed        p50        p99      p99.9        max longest gap longest wait
persistent=2                                   100       0    2.00 ms    2.00 ms    2.00 ms    2.00 ms     2.00 ms      2.00 ms
upload=1:bytes=1048576:ms=500:pieces=16        100       1    2.00 ms    2.00 ms    2.00 ms    2.00 ms     5.00 ms      5.00 ms
all                                            200       1    2.00 ms    2.00 ms    2.00 ms    2.00 ms     5.00 ms      5.00 ms

failed
         1  upload=1:bytes=1048576:ms=500:pieces=16: reply cut
the first 1
     0.505 s  upload=1:bytes=1048576:ms=500:pieces=16: reply cut: end of file, after 1\x1b/7 had answered

version                   pid   first seen    last seen    replies  old after new
1\x1b                       7      0.001 s      0.700 s          2              1
2                           8      0.500 s      0.500 s          1              0

3 connections; 0 closed by the server while idle, 0 announced
100 replies/s over 2.0 s; 25 % of a processor spent here
200 requests, 1 failed, longest gap 5.00 ms, 1 old after new
)");
}

TEST_CASE("the first answer's line begins with the milliseconds") {
    CHECK(first_answer_text(example(), "2") == "500.000 ms until version 2 answered; monotonic 1000.000000000 s to "
                                               "1000.500000000 s; 200 requests, 1 failed\n");
    CHECK(first_answer_text(example(), "9") == "version 9 did not answer within 2.000 s; 200 requests, 1 failed\n");
}

TEST_CASE("the report for machines is an object of version 1 with the figures") {
    const auto root = nlohmann::json::parse(report_json(example(), "2"));
    CHECK(root["version"] == 1);
    CHECK(root["ok"] == false);
    CHECK(root["started"] == "2026-11-22T13:00:00.000Z");
    CHECK(root["requests"] == 200);
    CHECK(root["failures"]["cut"] == 1);
    CHECK(root["modes"][1]["failures"]["cut"] == 1);
    CHECK(root["modes"][1]["longest_wait_ms"] == 5.0);
    CHECK(root["versions"][0]["old_after_new"] == 1);
    CHECK(root["versions"][1]["first_seen"] == "2026-11-22T13:00:00.500Z");
    CHECK(root["versions"][1]["first_seen_monotonic_ns"] == 1000'500'000'000);
    CHECK(root["first_answer"]["elapsed_ms"] == 500.0);
    CHECK(root["examples"][0]["answered_by"] == "1\x1b/7");
    CHECK(nlohmann::json::parse(report_json(example(), "9"))["first_answer"]["elapsed_ms"].is_null());
}

/// The names of all members, at any depth, in order: "latency_ms.p50".
void collect_names(const nlohmann::json& value, const std::string& prefix, std::vector<std::string>& names) {
    if (!value.is_object()) return;
    for (const auto& [key, member] : value.items()) {
        names.push_back(prefix + key);
        collect_names(member, prefix + key + '.', names);
    }
}

TEST_CASE("each field of the report for machines is there when nothing happened, null when empty") {
    std::vector<std::string> empty;
    std::vector<std::string> full;
    const auto nothing = nlohmann::json::parse(report_json(Result{}, ""));
    auto something = nlohmann::json::parse(report_json(example(), "2"));
    CHECK(nothing["first_answer"].is_null());
    CHECK(nothing["latency_ms"]["p99"].is_null());
    CHECK(nothing["versions"].empty());
    something["first_answer"] = nullptr; // an object or null
    collect_names(nothing, "", empty);
    collect_names(something, "", full);
    CHECK(empty == full);
}

TEST_CASE("bytes of a server that are no UTF-8 do not stop a report") {
    auto result = example();
    result.examples.front().answered_by = "\xff";
    CHECK_NOTHROW((void)report_json(result, ""));
}

} // namespace
} // namespace baton::load::test
