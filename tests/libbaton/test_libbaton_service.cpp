// SPDX-License-Identifier: MIT
// baton-hello as a separate process: what it takes from systemd, what it tells systemd, and how it ends.
#include "program.hpp"

#include <baton/server.hpp>
#include <doctest/doctest.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

using namespace test;

namespace {

const std::string k_recipe = R"({"HttpPort": "0", "Ver": "7", "DelaySecond": 5, "BinName": "test"})";

} // namespace

TEST_CASE("baton-hello serves every socket it is given, says READY, and leaves with 0") {
    const TemporaryDirectory site;
    site.write("test.watch.conf", k_recipe);
    std::uint16_t port = 0;
    std::uint16_t port6 = 0;
    const auto v4 = listen_tcp(AF_INET, port);
    const auto v6 = listen_tcp(AF_INET6, port6);
    const auto path = (site.path() / "web.sock").string();
    const auto local = listen_unix(path);
    Program program{site, {.listeners = {v4.get(), v6.get(), local.get()}}};
    REQUIRE(program.notifies("READY=1"));
    for (auto* client : {new Client{port}, new Client{port6}, new Client{path}}) { // v6 takes v4 as well
        const std::unique_ptr<Client> owned{client};
        const auto reply = owned->get("/hello");
        REQUIRE(reply);
        CHECK(reply->body == R"({"message":"hello","pid":")" + std::to_string(program.pid()) + R"(","ver":"7"})");
    }
    program.signal(SIGTERM);
    CHECK(program.notifies("STOPPING=1"));
    CHECK(program.notifies("STATUS=drained; what follows is the program's own end"));
    CHECK(program.wait() == 0);
    CHECK(program.errors().find("0 cut") != std::string::npos);
    CHECK_NOTHROW(Client{port}); // the listener lives on
}

TEST_CASE("baton-hello takes an upload as a body and as a form, and a form that is none is a 400") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const Program program{site, {.listeners = {listener.get()}}};
    REQUIRE(program.notifies("READY=1"));
    Client client{port};
    const auto upload = [&](const std::string& type, const std::string& body) {
        client.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Type: " + type +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return client.read_reply();
    };
    const std::string part = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nhello";
    for (const auto& reply :
         {upload("text/plain", "hello"), upload("multipart/form-data; boundary=b", part + "\r\n--b--\r\n")}) {
        CHECK(reply->status == 200);
        CHECK(reply->body.find(R"({"length":5,"sha256":"2cf24dba5fb0a30e)") == 0); // sha256sum(1) of it
    }
    CHECK(upload("multipart/form-data; boundary=b", part)->status == 400);
    client = Client{port};
    CHECK(upload("multipart/form-data", "hello")->status == 400);
}

TEST_CASE("READY comes when a request is answered at once") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    Client early{port}; // waits in the queue
    early.send(get_request("/healthz"));
    const Program program{site, {.listeners = {listener.get()}}};
    REQUIRE(program.notifies("READY=1"));
    CHECK(early.read_reply()->body == "ok\n");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they need address space of their own
TEST_CASE("when no thread can be made, the journal says so once, and the threads that exist go on") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    Program program{site, {.listeners = {listener.get()}}};
    REQUIRE(program.notifies("READY=1"));
    CHECK(Client{port}.get("/hello")->status == 200);
    std::ifstream size{"/proc/" + std::to_string(program.pid()) + "/statm"};
    rlim_t pages = 0;
    size >> pages;
    REQUIRE(pages > 0);
    const auto room = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (4UL << 20U); // a stack needs twice that
    const rlimit tight{room, room};
    REQUIRE(::prlimit(program.pid(), RLIMIT_AS, &tight, nullptr) == 0);
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(port);
        clients.back().send(get_request("/slow?ms=200"));
    }
    for (auto& client : clients)
        CHECK(client.read_reply()->status == 200);
    clients.clear();
    program.signal(SIGTERM);
    CHECK(program.wait() == 0);
    const auto errors = program.errors();
    const auto at = errors.find("starting a thread");
    REQUIRE(at != std::string::npos);
    CHECK(errors.find("starting a thread", at + 1) == std::string::npos);
}
#endif

TEST_CASE("a wrong kind of socket ends the program with its name") {
    const TemporaryDirectory site;
    const baton::Fd datagram{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    Program program{site, {.listeners = {datagram.get()}, .environment = {{"LISTEN_FDNAMES", "shop.socket"}}}};
    CHECK(program.wait() == 1);
    CHECK(program.errors().find("'shop.socket'") != std::string::npos);
    CHECK(program.errors().find("a datagram socket") != std::string::npos);
}

TEST_CASE("SIGHUP is answered by RELOADING and READY") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    Program program{site, {.listeners = {listener.get()}}};
    REQUIRE(program.notifies("READY=1"));
    program.signal(SIGHUP);
    CHECK(program.notifies("RELOADING=1"));
    CHECK(program.notifies("READY=1"));
    program.signal(SIGTERM);
    CHECK(program.wait() == 0);
}

TEST_CASE("the watchdog is fed") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const Program program{site, {.listeners = {listener.get()}, .environment = {{"WATCHDOG_USEC", "200000"}}}};
    for (int i = 0; i < 5; ++i)
        CHECK(program.notifies("WATCHDOG=1"));
}

TEST_CASE("a drain asks systemd for time and tells what is left; a second signal cuts") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    Program program{site, {.listeners = {listener.get()}}};
    REQUIRE(program.notifies("READY=1"));
    Client client{port};
    client.send(get_request("/stream?n=1000&ms=20"));
    while (client.received().find("chunk") == std::string::npos)
        (void)client.wait_for_end(20ms);
    program.signal(SIGTERM);
    CHECK(program.notifies("STATUS=draining: 1 requests in flight, 1 connections"));
    program.signal(SIGTERM);
    CHECK(client.wait_for_end() != Ending::still_open);
    CHECK(program.wait() == 0);
    CHECK(program.errors().find("1 cut") != std::string::npos);
}

TEST_CASE("a program with an idle exit leaves with 0, and a connection of that moment waits for the next one") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const ProgramSetup setup{.listeners = {listener.get()}, .arguments = {"--idle-exit", "0.3"}};
    Program program{site, setup};
    REQUIRE(program.notifies("READY=1"));
    {
        Client busy{port};
        for (int i = 0; i < 10; ++i) { // longer than the time: an open connection is not idleness
            std::this_thread::sleep_for(100ms);
            REQUIRE(busy.get("/hello")->status == 200);
        }
    }
    REQUIRE(program.notifies("STOPPING=1")); // it has stopped accepting by now
    Client late{port};
    late.send(get_request("/hello"));
    CHECK(program.wait() == 0);
    const Program next{site, setup};
    const auto reply = late.read_reply();
    REQUIRE(reply);
    CHECK(reply->body.find("\"pid\":\"" + std::to_string(next.pid()) + "\"") != std::string::npos);
}

TEST_CASE("no request is lost by connections that come while programs with an idle exit come and go") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const ProgramSetup setup{.listeners = {listener.get()}, .arguments = {"--idle-exit", "0.05"}};
    std::atomic<bool> ending{false};
    std::atomic<bool> failed{false};
    std::atomic<int> starts{0};
    std::thread manager{[&] { // as baton-activate@ would: starts one whenever none runs
        while (!ending.load() && !failed.load()) {
            Program program{site, setup};
            ++starts;
            if (program.wait() != 0) failed.store(true);
        }
    }};
    for (int i = 0; i < 60 && !failed.load(); ++i) {
        CHECK(Client{port}.get("/hello")->status == 200);
        std::this_thread::sleep_for(std::chrono::milliseconds{(i * 7) % 100});
    }
    ending.store(true);
    manager.join();
    CHECK_FALSE(failed.load());
    CHECK(starts.load() > 2);
}

TEST_CASE("httplib's listen() is a run() at that address, until drain()") {
    std::uint16_t port = 0;
    listen_tcp(AF_INET, port).reset(); // a free one
    baton::Server server;
    server.Get("/hello", [](const auto&, auto& response) { response.set_content("hello\n", "text/plain"); });
    bool listened = false;
    std::thread thread{[&] { listened = server.listen("localhost", port); }};
    for (int i = 0; i < 1000; ++i) {
        try {
            Client client{port};
            CHECK(client.get("/hello")->body == "hello\n");
            break;
        } catch (const std::runtime_error&) { // it does not listen yet
            std::this_thread::sleep_for(10ms);
        }
    }
    server.stop();
    thread.join();
    CHECK(listened);
    CHECK_FALSE(baton::Server{}.listen("no.address", port));
}

TEST_CASE("a release that is held does not take its quiet for idleness") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const auto path = (site.path() / "private").string();
    const Program program{
        site,
        {.listeners = {listener.get()},
         .arguments = {"--idle-exit", "0.05"},
         .environment = {{"BATON_PRIVATE_SOCKET", path}, {"BATON_HOLD", std::to_string(::getpid())}}}};
    REQUIRE(program.notifies("READY=1"));
    Client host{path};
    CHECK(host.stays_silent(1500ms)); // a sweep or more
    CHECK(host.get("/.baton/state")->body.find(R"("state":"held")") != std::string::npos);
}

TEST_CASE("the private socket answers the site's routes and the release's state, also while draining") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const auto path = (site.path() / "private").string();
    Program program{site,
                    {.listeners = {listener.get()},
                     .environment = {{"BATON_PRIVATE_SOCKET", path}, {"BATON_SITE", "shop"}, {"BATON_RELEASE", "8"}}}};
    REQUIRE(program.notifies("READY=1"));
    Client host{path};
    CHECK(host.get("/healthz")->body == "ok\n");
    const auto state = host.get("/.baton/state")->body;
    CHECK(state.find(R"("site":"shop","release":"8","pid":)") != std::string::npos);
    CHECK(state.find(R"("state":"serving")") != std::string::npos);
    Client client{port};
    CHECK(client.get("/.baton/state")->status == 404);
    program.signal(SIGTERM);
    REQUIRE(program.notifies("STOPPING=1"));
    CHECK(host.get("/.baton/state")->body.find(R"("state":"draining")") != std::string::npos);
    CHECK(Client{path}.get("/healthz")->status == 200);
    CHECK(client.get("/hello")->field("Connection") == "close");
    CHECK(program.wait() == 0);
}

TEST_CASE("without systemd baton-hello binds HttpPort, and BATON_VER goes before the file") {
    const TemporaryDirectory site;
    const auto path = (site.path() / "web.sock").string();
    site.write("watch.conf", R"({"HttpPort": ")" + path + R"(", "Ver": "1", "DelaySecond": 0, "BinName": "x"})");
    Program program{site, {.environment = {{"BATON_VER", "9"}}}};
    REQUIRE(program.notifies("READY=1"));
    CHECK(Client{path}.get("/hello")->body.find(R"("ver":"9")") != std::string::npos);
    program.signal(SIGINT);
    CHECK(program.wait() == 0);
}

TEST_CASE("a missing or broken watch.conf does not keep baton-hello from serving") {
    for (const auto* text : {"", "{", R"({"Ver": 3.5})", "[]"}) {
        const TemporaryDirectory site;
        if (*text != '\0') site.write("watch.conf", text);
        std::uint16_t port = 0;
        const auto listener = listen_tcp(AF_INET, port);
        const Program program{site, {.listeners = {listener.get()}}};
        REQUIRE(program.notifies("READY=1"));
        CHECK(Client{port}.get("/hello")->body.find(R"("ver":"unknown")") != std::string::npos);
    }
}

TEST_CASE("POST /upload tells length and digest") {
    const TemporaryDirectory site;
    std::uint16_t port = 0;
    const auto listener = listen_tcp(AF_INET, port);
    const Program program{site, {.listeners = {listener.get()}}};
    Client client{port};
    client.send("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.read_reply()->body ==
          R"({"length":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})"
          "\n"); // FIPS 180-4
}
