// SPDX-License-Identifier: MIT
// What a server reports about itself: the page for Prometheus, and /.baton/state on the private socket.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

using namespace test;

namespace {

baton::Options with_metrics() {
    auto options = quick_options();
    options.metrics_path = "/metrics";
    return options;
}

/// The value of the one sample whose name and labels are `sample`, or -1.
double number_on(const std::string& page, const std::string& sample) {
    const auto at = ("\n" + page).find("\n" + sample + " ");
    return at == std::string::npos ? -1 : std::stod(page.substr(at + sample.size() + 1));
}

double number_at(const RunningServer& server, const std::string& sample) {
    return number_on(server.connect().get("/metrics")->body, sample);
}

bool comes_to(const RunningServer& server, const std::string& sample, double wanted) {
    for (int i = 0; i < 1000; ++i) {
        if (number_at(server, sample) == wanted) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

std::set<std::string> names_after(std::istream& text, const std::string& before, char after) {
    std::set<std::string> names;
    for (std::string line; std::getline(text, line);)
        if (line.starts_with(before))
            names.insert(line.substr(before.size(), line.find(after, before.size()) - before.size()));
    return names;
}

/// The part of docs/METRICS.md about a release's own metrics; those of a site are baton's.
std::istringstream metrics_of_a_release() {
    std::ifstream file{BATON_METRICS_DOCS};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    const auto end = page.find("# Metrics of a site");
    REQUIRE(end != page.npos);
    return std::istringstream{page.substr(0, end)};
}

} // namespace

TEST_CASE("requests are counted by the class of their status, and timed") {
    const RunningServer server{
        [](baton::Server& it) { it.Get("/broken", [](const auto&, auto&) { throw std::runtime_error{"secret"}; }); },
        with_metrics()};
    auto client = server.connect();
    CHECK(client.get("/hello")->status == 200);
    CHECK(client.get("/hello")->status == 200);
    CHECK(client.get("/nowhere")->status == 404);
    CHECK(client.get("/broken")->status == 500);
    auto wrong = server.connect();
    wrong.send("GET / HTTP/1.1\r\n\r\n");
    CHECK(wrong.read_reply()->status == 400);
    REQUIRE(comes_to(server, "baton_http_requests_in_flight", 1)); // the one that asks
    const auto reply = client.get("/metrics");
    REQUIRE(reply);
    CHECK(reply->field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(number_on(reply->body, R"(baton_http_requests_total{code="2xx"})") >= 2);
    CHECK(number_on(reply->body, R"(baton_http_requests_total{code="3xx"})") == 0);
    CHECK(number_on(reply->body, R"(baton_http_requests_total{code="4xx"})") == 2);
    CHECK(number_on(reply->body, R"(baton_http_requests_total{code="5xx"})") == 1);
    CHECK(number_on(reply->body, "baton_http_request_duration_seconds_count") >= 5);
    CHECK(number_on(reply->body, R"(baton_http_request_duration_seconds_bucket{le="10"})") >= 5);
    CHECK(number_on(reply->body, "baton_http_received_bytes_total") > 4 * 30);
    CHECK(number_on(reply->body, "baton_http_sent_bytes_total") > 5 * 50);
    CHECK(number_on(reply->body, "baton_http_connections_accepted_total") >= 3);
}

TEST_CASE("a slow request falls into the buckets from its time on") {
    RunningServer server{{}, with_metrics()};
    auto slow = server.connect();
    slow.send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(1));
    CHECK(number_at(server, R"(baton_http_connections{state="active"})") == 2);
    std::this_thread::sleep_for(60ms);
    server.gate.open();
    CHECK(slow.read_reply()->status == 200);
    REQUIRE(comes_to(server, "baton_http_requests_in_flight", 1));
    const auto page = slow.get("/metrics")->body;
    const auto all = number_on(page, R"(baton_http_request_duration_seconds_bucket{le="+Inf"})");
    CHECK(all == number_on(page, "baton_http_request_duration_seconds_count"));
    CHECK(number_on(page, R"(baton_http_request_duration_seconds_bucket{le="0.05"})") < all);
    CHECK(number_on(page, "baton_http_request_duration_seconds_sum") >= 0.06);
}

TEST_CASE("whoever asks a draining release for metrics is sent to the next one") {
    RunningServer server{{}, with_metrics()};
    auto scraper = server.connect();
    CHECK(scraper.get("/metrics")->field("Connection").empty());
    server.begin_drain();
    const auto last = scraper.get("/metrics");
    REQUIRE(last);
    CHECK(last->field("Connection") == "close");
    CHECK(number_on(last->body, R"(baton_state{state="draining"})") == 1);
    CHECK(server.wait_until_ended());
}

TEST_CASE("connections are told apart by what they wait for") {
    auto options = with_metrics();
    options.timeouts.linger = 20s;
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(8'000'000, 'x'), "text/plain");
                                   });
                               },
                               options};
    auto idle = server.connect();
    CHECK(idle.get("/hello")->status == 200);
    auto reading = server.connect();
    reading.send("GET /hel");
    auto writing = server.connect();
    writing.send(get_request("/large"));
    auto lingering = server.connect();
    lingering.send("wrong\r\n\r\n");
    CHECK(lingering.read_reply()->status == 400);
    CHECK(comes_to(server, R"(baton_http_connections{state="reading"})", 1));
    CHECK(comes_to(server, R"(baton_http_connections{state="writing"})", 1));
    CHECK(comes_to(server, R"(baton_http_connections{state="lingering"})", 1));
    CHECK(comes_to(server, R"(baton_http_connections{state="active"})", 1));
    CHECK(comes_to(server, R"(baton_http_connections{state="idle"})", 1)); // `idle` alone
    reading.send(get_request("/hello").substr(8));
    CHECK(reading.read_reply()->status == 200);
    CHECK(writing.read_reply()->body.size() == 8'000'000);
    CHECK(comes_to(server, R"(baton_http_connections{state="reading"})", 0));
    CHECK(comes_to(server, R"(baton_http_connections{state="writing"})", 0));
    lingering = Client{server.port()};
    CHECK(comes_to(server, R"(baton_http_connections{state="lingering"})", 0));
}

TEST_CASE("a reply that its client did not wait for is counted as incomplete") {
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(8'000'000, 'x'), "text/plain");
                                   });
                               },
                               with_metrics()};
    {
        auto leaves = server.connect();
        leaves.send(get_request("/large"));
        REQUIRE(comes_to(server, R"(baton_http_connections{state="writing"})", 1));
    }
    CHECK(comes_to(server, "baton_http_replies_incomplete_total", 1));
    CHECK(comes_to(server, R"(baton_http_connections{state="writing"})", 0));
    CHECK(comes_to(server, "baton_http_requests_in_flight", 1));
}

TEST_CASE("the public socket has metrics only when asked to, and a POST there is the program's") {
    const RunningServer without;
    CHECK(without.connect().get("/metrics")->status == 404);
    CHECK(without.connect().get("/.baton/metrics")->status == 404);
    const RunningServer with{{}, with_metrics()};
    CHECK(with.connect().get("/metrics?x=1")->status == 200);
    CHECK(with.connect().get("/.baton/metrics")->status == 404);
    auto client = with.connect();
    client.send("POST /metrics HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
    CHECK(client.read_reply()->status == 404);
}

TEST_CASE("the private socket tells release, version and drain, and docs/METRICS.md has every name") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const auto path = (site.path() / "private").string();
    Program program{site,
                    {.listeners = {listener.get()},
                     .environment = {{"BATON_PRIVATE_SOCKET", path},
                                     {"BATON_SITE", "shop"},
                                     {"BATON_RELEASE", "8"},
                                     {"BATON_VER", "2.0 \"beta\""}}}};
    REQUIRE(program.notifies("READY=1"));
    Client client{port};
    CHECK(client.get("/hello")->status == 200);
    Client host{path};
    const std::string labels = R"({site="shop",release="8",version="2.0 \"beta\"")";
    auto page = host.get("/.baton/metrics")->body;
    CHECK(number_on(page, "baton_http_requests_total" + labels + R"(,code="2xx"})") == 1); // none of the private ones
    CHECK(number_on(page, "baton_state" + labels + R"(,state="serving"})") == 1);
    CHECK(number_on(page, "process_resident_memory_bytes" + labels + "}") > 1'000'000);
    CHECK(number_on(page, "process_open_fds" + labels + "}") > 3);
    CHECK(std::abs(number_on(page, "process_start_time_seconds" + labels + "}") -
                   static_cast<double>(::time(nullptr))) < 600);
    std::istringstream lines{page};
    auto docs = metrics_of_a_release();
    CHECK(names_after(lines, "# HELP ", ' ') == names_after(docs, "| `", '`'));
    program.signal(SIGTERM);
    REQUIRE(program.notifies("STOPPING=1"));
    CHECK(client.get("/hello")->field("Connection") == "close");
    if (auto reply = host.get("/.baton/metrics")) { // the program may have ended with its last connection
        CHECK(number_on(reply->body, "baton_state" + labels + R"(,state="draining"})") == 1);
        CHECK(number_on(reply->body, "baton_drain_requests_total" + labels + "}") == 1);
    }
    CHECK(program.wait() == 0);
}

TEST_CASE("/.baton/state tells what a release is at") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const auto path = (site.path() / "private").string();
    Program program{site,
                    {.listeners = {listener.get()},
                     .environment = {{"BATON_PRIVATE_SOCKET", path},
                                     {"BATON_SITE", "shop"},
                                     {"BATON_RELEASE", "8"},
                                     {"BATON_VER", "\"\\"},
                                     {"BATON_HOLD", std::to_string(::getpid())},
                                     {"INVOCATION_ID", "0123456789abcdef0123456789abcdef"}}}};
    REQUIRE(program.notifies("READY=1"));
    Client host{path};
    const auto expected = [&](const std::string& rest) {
        return R"({"version":1,"site":"shop","release":"8","pid":)" + std::to_string(program.pid()) +
               R"(,"invocation":"0123456789abcdef0123456789abcdef","ver":"\"\\",)" + rest + "}\n";
    };
    CHECK(host.get("/.baton/state")->body ==
          expected(R"("state":"held","in_flight":0,"connections":0,"requests":0,"drained":0,"closed_idle":0,"cut":0)"));
    host.send("POST /.baton/accept HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(host.read_reply()->status == 204);
    Client client{port};
    CHECK(client.get("/hello")->status == 200);
    Client stream{port};
    stream.send(get_request("/stream?n=1000&ms=20"));
    while (stream.received().find("chunk") == std::string::npos)
        (void)stream.wait_for_end(20ms);
    CHECK(host.get("/.baton/state")->body ==
          expected(
              R"("state":"serving","in_flight":1,"connections":2,"requests":1,"drained":0,"closed_idle":0,"cut":0)"));
    program.signal(SIGTERM);
    REQUIRE(program.notifies("STOPPING=1"));
    CHECK(client.get("/hello")->field("Connection") == "close");
    const auto state = host.get("/.baton/state")->body;
    CHECK(state.find(R"("state":"draining")") != std::string::npos);
    CHECK(state.find(R"("requests":2,"drained":1,"closed_idle":0,"cut":0)") != std::string::npos);
    program.signal(SIGTERM);
    CHECK(program.wait() == 0);
}
