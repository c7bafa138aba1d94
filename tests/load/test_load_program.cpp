// SPDX-License-Identifier: MIT
// The program baton-load from outside: exit statuses, files, signals.
#include "raw_server.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace baton::load::test {
namespace {

namespace fs = std::filesystem;

/// A directory that is gone after the test.
struct Scratch {
    Scratch() {
        std::string name = fs::temp_directory_path() / "baton-load-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    fs::path path;
};

struct Ended {
    int status = -1;
    std::string output; ///< stdout and stderr
};

Ended shell(const std::string& command) {
    Ended ended;
    FILE* const pipe = ::popen(fmt::format("( {} ) 2>&1", command).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        ended.output.append(buffer.data(), count);
    const int raw = ::pclose(pipe);
    ended.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
    return ended;
}

Ended baton_load(const std::string& arguments) {
    return shell(fmt::format("'{}' {}", BATON_LOAD, arguments));
}

void answer_all(Peer& peer) {
    while (peer.read_request())
        peer.send(hello("1", "7"));
}

TEST_CASE("the exit status is 0 when no request failed, 1 when one did, 2 when the command line is wrong") {
    const RawServer good{answer_all};
    const RawServer bad{[](Peer& peer) {
        for (bool first = true; peer.read_request(); first = false)
            peer.send(first && peer.number() == 0 ? reply(500, "x") : hello("1", "7"));
    }};
    CHECK(baton_load(good.target() + " -m persistent=2 -n 50").status == 0);
    CHECK(baton_load(bad.target() + " -m persistent=2 -n 50").status == 1);
    for (const auto& arguments :
         {std::string{}, std::string{"nonsense"}, good.target() + " -m persistant", good.target() + " --nonsense",
          good.target() + " -d x", good.target() + " -n 0", good.target() + " --first-answer 1 --any-body"}) {
        CAPTURE(arguments);
        const auto ended = baton_load(arguments);
        CHECK(ended.status == 2);
        CHECK(ended.output.starts_with("baton-load: error: "));
        CHECK(ended.output.size() < 400); // no help dump
    }
    CHECK(baton_load("--help").status == 0);
}

TEST_CASE("it stops when a file appears, says when it is ready, and writes its report") {
    const RawServer server{answer_all};
    const Scratch scratch;
    const auto path = [&](const char* name) { return (scratch.path / name).string(); };
    const auto ended = shell(fmt::format(
        "'{}' {} -m persistent=2 -m fresh=50 --progress --ready-file {} --until-file {} "
        "--json {} & pid=$!; while [ ! -e {} ]; do sleep 0.01; done; touch {}; wait $pid",
        BATON_LOAD, server.target(), path("ready"), path("stop"), path("report"), path("ready"), path("stop")));
    CAPTURE(ended.output);
    CHECK(ended.status == 0);
    std::ifstream in{path("report")};
    const auto report = nlohmann::json::parse(in);
    CHECK(report["stopped_by"] == "until_file");
    CHECK(report["failed"] == 0);
    for (const auto& mode : report["modes"])
        CHECK(mode["answered"] > 0);
}

TEST_CASE("SIGTERM ends a run in order: pending requests are waited for") {
    const RawServer server{answer_all};
    const Scratch scratch;
    const auto ready = (scratch.path / "ready").string();
    const auto ended =
        shell(fmt::format("'{}' {} -m persistent=2 --ready-file {} --json - & pid=$!; while [ ! -e {} ]; "
                          "do sleep 0.01; done; kill -TERM $pid; wait $pid",
                          BATON_LOAD, server.target(), ready, ready));
    CHECK(ended.status == 0);
    CHECK(nlohmann::json::parse(ended.output)["stopped_by"] == "asked");
}

TEST_CASE("--first-answer exits 0 at the first reply of the version, and 1 when it does not come") {
    const RawServer server{[](Peer& peer) {
        if (peer.read_request()) peer.send(peer.number() < 30 ? hello("1", "7") : hello("2", "8"));
    }};
    const auto came = baton_load(server.target() + " --first-answer 2");
    CHECK(came.status == 0);
    CHECK(came.output.find(" ms until version 2 answered; monotonic ") != std::string::npos);
    CHECK(std::stod(came.output) > 20);
    const auto missed = baton_load(server.target() + " --first-answer 3 -d 0.2");
    CHECK(missed.status == 1);
    CHECK(missed.output.starts_with("version 3 did not answer within 20"));
}

TEST_CASE("any other 2xx reply is good when asked so, on a path of choice") {
    const RawServer server{[](Peer& peer) {
        while (peer.read_request())
            peer.send(peer.head().starts_with("GET /up HTTP/1.1\r\n") ? reply(204, "") : reply(404, ""));
    }};
    CHECK(baton_load(server.target() + " -m persistent -n 40 --path /up").status == 1);
    CHECK(baton_load(server.target() + " -m persistent -n 40 --path /up --any-body").status == 0);
}

} // namespace
} // namespace baton::load::test
