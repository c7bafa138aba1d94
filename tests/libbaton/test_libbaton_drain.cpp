// SPDX-License-Identifier: MIT
// What a client sees while the server it talks to is replaced: no request fails.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

using namespace test;

namespace {

bool acceptable(int listener) {
    pollfd wanted{.fd = listener, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 200) > 0;
}

} // namespace

TEST_CASE("the listening socket lives on after a drain, and what waits in its queue is not reset") {
    RunningServer old;
    REQUIRE(old.connect().get("/hello")->status == 200);
    old.begin_drain();
    REQUIRE(old.wait_until_ended());

    std::vector<Client> waiting;
    for (int i = 0; i < 50; ++i)
        waiting.push_back(old.connect());
    for (auto& client : waiting)
        client.send(get_request("/hello"));
    CHECK(acceptable(old.listener()));

    const RunningServer next{old, {}};
    for (auto& client : waiting) {
        const auto reply = client.read_reply();
        REQUIRE(reply);
        CHECK(reply->status == 200);
    }
    waiting.clear(); // before `next` drains
}

TEST_CASE("a draining server accepts nothing more, while the next one does") {
    RunningServer old{[](baton::Server& server) {
        server.Get("/who", [](const auto&, auto& response) { response.set_content("old", "text/plain"); });
    }};
    auto holds_it_open = old.connect();
    REQUIRE(holds_it_open.get("/who")->body == "old");
    const RunningServer next{
        old, [](baton::Server& server) {
            server.Get("/who", [](const auto&, auto& response) { response.set_content("next", "text/plain"); });
        }};
    old.begin_drain();
    for (int i = 0; i < 200; ++i)
        REQUIRE(old.connect().get("/who")->body == "next");
    CHECK(holds_it_open.get("/who")->body == "old");
    CHECK(old.wait_until_ended());
}

TEST_CASE("a request in flight is finished by the draining server") {
    RunningServer server;
    auto client = server.connect();
    client.send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(1));
    server.begin_drain();
    CHECK_FALSE(server.wait_until_ended(100ms));
    server.gate.open();
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->body == "passed\n");
    CHECK(reply->all("Connection") == std::vector<std::string>{"close"});
    CHECK(client.wait_for_end() == Ending::closed);
    CHECK(server.wait_until_ended());
}

TEST_CASE("the next reply on a kept connection says close exactly once, and then the connection ends") {
    RunningServer server;
    auto client = server.connect();
    const auto before = client.get("/hello");
    REQUIRE(before);
    CHECK(before->all("Connection").empty());
    server.begin_drain();
    const auto after = client.get("/hello");
    REQUIRE(after);
    CHECK(after->status == 200);
    CHECK(after->all("Connection") == std::vector<std::string>{"close"});
    CHECK(after->all("Keep-Alive").empty());
    CHECK(client.wait_for_end() == Ending::closed);
    CHECK(server.wait_until_ended());
}

TEST_CASE("an idle connection is not closed by the drain and is served once more") {
    RunningServer server;
    auto used = server.connect();
    REQUIRE(used.get("/hello"));
    auto fresh = server.connect();
    while (server.connect().get("/hello")->status != 200) {
    } // fresh was accepted before this one
    server.begin_drain();
    CHECK(used.stays_silent(300ms));
    CHECK(fresh.stays_silent(10ms));
    CHECK(used.get("/hello")->status == 200);
    CHECK(fresh.get("/hello")->status == 200);
    CHECK(server.wait_until_ended());
}

TEST_CASE("an idle connection of a draining server ends at its ordinary idle time") {
    auto options = quick_options();
    options.timeouts.idle = 300ms;
    RunningServer server{{}, options};
    auto client = server.connect();
    REQUIRE(client.get("/hello"));
    server.begin_drain();
    CHECK(client.wait_for_end() == Ending::closed);
    CHECK(server.wait_until_ended());
}

TEST_CASE("every pipelined request that has arrived is answered, the last one with close") {
    RunningServer server;
    auto client = server.connect();
    client.send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(1));
    client.send(get_request("/hello") + get_request("/hello") + get_request("/hello"));
    server.begin_drain();
    server.gate.open();
    for (int i = 0; i < 4; ++i) {
        const auto reply = client.read_reply();
        REQUIRE(reply);
        CHECK(reply->all("Connection").size() == (i == 3 ? 1 : 0));
    }
    CHECK(client.wait_for_end() == Ending::closed);
}

TEST_CASE("a request that comes after the last reply does not turn it into a reset") {
    RunningServer server;
    auto client = server.connect();
    REQUIRE(client.get("/hello"));
    server.begin_drain();
    client.send(get_request("/hello"));
    std::this_thread::sleep_for(50ms); // the reply is on its way; the client has not looked yet
    client.send(get_request("/hello"));
    std::this_thread::sleep_for(50ms);
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(client.wait_for_end() == Ending::closed);
}

TEST_CASE("an upload in progress is read to its end by the draining server") {
    RunningServer server;
    auto client = server.connect();
    const std::string half(200'000, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 400000\r\n\r\n" + half);
    std::this_thread::sleep_for(50ms);
    server.begin_drain();
    std::this_thread::sleep_for(50ms);
    client.send(half);
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->body == half + half);
    CHECK(reply->field("Connection") == "close");
}

TEST_CASE("a chunked download in progress is finished by the draining server") {
    RunningServer server{[](baton::Server& it) {
        it.Get("/stream", [](const auto&, auto& response) {
            response.set_chunked_content_provider("text/plain", [n = 0](std::size_t, httplib::DataSink& sink) mutable {
                std::this_thread::sleep_for(20ms);
                if (++n > 10)
                    sink.done();
                else
                    sink.write("0123456789", 10);
                return true;
            });
        });
    }};
    auto client = server.connect();
    client.send(get_request("/stream"));
    while (client.received().find("0123456789") == std::string::npos)
        (void)client.wait_for_end(20ms);
    server.begin_drain();
    const auto reply = client.read_reply();
    REQUIRE(reply);
    CHECK(reply->body.size() == 100);
    CHECK(client.get("/hello")->field("Connection") == "close"); // the head of the download had promised to go on
}

TEST_CASE("at the deadline what is left is cut, and the run ends") {
    auto options = quick_options();
    options.timeouts.drain = 300ms;
    RunningServer server{{}, options};
    auto idle = server.connect();
    REQUIRE(idle.get("/hello"));
    auto busy = server.connect();
    busy.send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(1));
    server.begin_drain();
    CHECK(idle.wait_for_end() != Ending::still_open);
    CHECK(busy.wait_for_end() != Ending::still_open);
    server.gate.open();
    CHECK(server.wait_until_ended());
}

TEST_CASE("stop() waits for a handler, however long it takes; its client gets the reply") {
    auto options = quick_options();
    options.timeouts.drain = 100ms;
    RunningServer server{{}, options};
    auto client = server.connect();
    client.send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(1));
    server.server().stop();
    CHECK_FALSE(server.wait_until_ended(500ms));
    server.gate.open();
    CHECK(client.read_reply()->body == "passed\n");
    CHECK(server.wait_until_ended());
}

TEST_CASE("a callback that throws what is no exception ends nothing") {
    RunningServer server{[](baton::Server& it) { it.on_drain([] { throw 5; }); }};
    CHECK(server.connect().get("/hello")->status == 200);
    server.begin_drain();
    CHECK(server.wait_until_ended());
}

namespace {

/// A program whose main() does not end by itself, with a server in another thread. Never returns.
[[noreturn]] void run_beside(std::uint16_t port) {
    (void)::signal(SIGTERM, SIG_DFL); // doctest has a handler
    static baton::Server server;
    server.Get("/hello", [](const auto&, auto& response) { response.set_content("hello\n", "text/plain"); });
    std::thread{[port] {
        for (;;)
            (void)server.listen("127.0.0.1", port);
    }}.detach();
    for (;;)
        (void)::pause();
}

/// Of 127.0.0.1. A child cannot be passed a socket: this process has looked for those already.
std::uint16_t free_port() {
    std::uint16_t port = 0;
    (void)listen_tcp(AF_INET, port);
    return port;
}

/// Once a child listens there.
Client connect_to_child(std::uint16_t port) {
    for (int i = 0; i < 1000; ++i)
        try {
            return Client{port};
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(10ms);
        }
    throw std::runtime_error{"the child does not listen"};
}

/// fork(2) when the threads of earlier tests have ended: the child would find locked what they hold.
pid_t fork_alone() {
    const auto threads = [] {
        return std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                             std::filesystem::directory_iterator{});
    };
    for (int i = 0; i < 200 && threads() > 1; ++i)
        std::this_thread::sleep_for(10ms);
    return ::fork();
}

/// Within ten seconds; killed otherwise.
bool is_gone(pid_t child, int* status = nullptr) {
    int ignored = 0;
    if (status == nullptr) status = &ignored;
    for (int i = 0; i < 1000; ++i) {
        if (::waitpid(child, status, WNOHANG) == child) return true;
        std::this_thread::sleep_for(10ms);
    }
    (void)::kill(child, SIGKILL);
    (void)::waitpid(child, status, 0);
    return false;
}

} // namespace

TEST_CASE("SIGTERM ends a program whose main() does not wait for its server, once it has drained") {
    const auto port = free_port();
    const auto child = fork_alone();
    if (child == 0) run_beside(port);
    CHECK(connect_to_child(port).get("/hello")->status == 200);
    REQUIRE(::kill(child, SIGTERM) == 0);
    int status = 0;
    CHECK(is_gone(child, &status));
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("stop() gives up clients that send or take slowly, at the deadline, and cuts endless providers at once") {
    auto options = quick_options();
    options.timeouts.drain = 300ms;
    options.timeouts.body = 60s;
    RunningServer server{[](baton::Server& it) {
                             it.Post("/read", [](const auto&, auto& response, const httplib::ContentReader& read) {
                                 (void)read([](const char*, std::size_t) { return true; });
                                 response.set_content("all", "text/plain");
                             });
                             it.Post("/form", [](const auto&, auto& response) { // through httplib
                                 response.set_chunked_content_provider("text/plain",
                                                                       [](std::size_t, httplib::DataSink& sink) {
                                                                           std::this_thread::sleep_for(10ms);
                                                                           return sink.write("x", 1);
                                                                       });
                             });
                         },
                         options};
    const std::string head = " HTTP/1.1\r\nHost: t\r\nContent-Length: ";
    auto small = server.connect();
    small.send("POST /echo" + head + "10\r\n\r\nhalf");
    auto large = server.connect();
    large.send("POST /echo" + head + "1000000\r\n\r\n" + std::string(1000, 'x'));
    auto reader = server.connect();
    reader.send("POST /read" + head + "1000000\r\n\r\n" + std::string(1000, 'x'));
    auto endless = server.connect();
    endless.send("POST /form" + head + "3\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b");
    std::this_thread::sleep_for(100ms);
    server.server().stop();
    for (int i = 0; i < 20 && !server.wait_until_ended(100ms); ++i)
        reader.send("x"); // a byte now and then
    CHECK(server.wait_until_ended(0ms));
}

TEST_CASE("drain() ends at its deadline though a handler hangs: the process leaves") {
    const auto port = free_port();
    const auto child = fork_alone();
    if (child == 0) {
        (void)::signal(SIGTERM, SIG_DFL);
        static baton::Server server;
        server.Get("/hang", [](const auto&, auto&) {
            server.drain();
            for (;;)
                (void)::pause();
        });
        baton::Options options;
        options.address = "127.0.0.1:" + std::to_string(port);
        options.timeouts.drain = 200ms;
        ::_exit(baton::run(server, options));
    }
    auto client = connect_to_child(port);
    client.send(get_request("/hang"));
    CHECK(is_gone(child));
}

TEST_CASE("a server of its own thread that has drained does not end one that still drains") {
    const auto child = fork_alone();
    if (child == 0) {
        (void)::signal(SIGTERM, SIG_DFL);
        static baton::Server beside;
        if (beside.bind_to_any_port("127.0.0.1") < 0) ::_exit(2);
        std::thread{[] { (void)beside.listen_after_bind(); }}.detach();
        static baton::Server server;
        std::thread{[] {
            while (!server.is_running() || !beside.is_running())
                std::this_thread::sleep_for(1ms);
            (void)::kill(::getpid(), SIGTERM);
        }}.detach();
        baton::Options options;
        options.address = "127.0.0.1:0";
        const int status = baton::run(server, options);
        std::this_thread::sleep_for(300ms); // what main() does behind it
        ::_exit(status == 0 ? 42 : 1);
    }
    int status = 0;
    CHECK(is_gone(child, &status));
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 42);
}
