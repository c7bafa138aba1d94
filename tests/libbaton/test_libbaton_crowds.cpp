// SPDX-License-Identifier: MIT
// Many connections, few workers: idle and slow clients, blocked handlers, no descriptors left.
#include "running_server.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

using namespace test;

namespace {

// UBSan's vptr check needs a descriptor of its own and takes its lack for a broken object.
#ifdef __SANITIZE_ADDRESS__
constexpr bool k_descriptors_may_run_out = false;
#else
constexpr bool k_descriptors_may_run_out = true;
#endif

std::chrono::microseconds processor_time() {
    timespec time{};
    (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_nsec / 1000};
}

} // namespace

TEST_CASE("500 idle connections do not stop service, and stay usable") {
    const RunningServer server;
    std::vector<Client> idle;
    for (int i = 0; i < 500; ++i) {
        idle.push_back(server.connect());
        if (i % 2 == 0) idle.back().send("GET /hel"); // an unfinished head
    }
    for (int i = 0; i < 100; ++i)
        REQUIRE(server.connect().get("/hello")->status == 200);
    for (int i = 0; i < 500; ++i) {
        auto& client = idle[static_cast<std::size_t>(i)];
        client.send(i % 2 == 0 ? get_request("/hello").substr(8) : get_request("/hello"));
        REQUIRE(client.read_reply()->status == 200);
    }
}

TEST_CASE("handlers that block do not stop others: more workers are started") {
    RunningServer server;
    std::vector<Client> blocked;
    for (int i = 0; i < 30; ++i) {
        blocked.push_back(server.connect());
        blocked.back().send(get_request("/gated"));
    }
    REQUIRE(server.gate.wait_for(30));
    for (int i = 0; i < 20; ++i)
        CHECK(server.connect().get("/hello")->status == 200);
    server.gate.open();
    for (auto& client : blocked)
        CHECK(client.read_reply()->status == 200);
}

TEST_CASE("clients that read slowly hold no worker") {
    auto options = quick_options();
    options.max_workers = 2;
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(8'000'000, 'x'), "text/plain");
                                   });
                               },
                               options};
    std::vector<Client> slow;
    for (int i = 0; i < 10; ++i) {
        slow.push_back(server.connect());
        slow.back().send(get_request("/large"));
    }
    for (int i = 0; i < 20; ++i)
        CHECK(server.connect().get("/hello")->status == 200);
    for (auto& client : slow)
        CHECK(client.read_reply()->body.size() == 8'000'000);
}

TEST_CASE("an unfinished request is answered by 408 when its time is over") {
    auto options = quick_options();
    options.timeouts.head = 200ms;
    options.timeouts.body = 200ms;
    const RunningServer server{{}, options};
    auto head = server.connect();
    head.send("GET /hello HT");
    auto small_body = server.connect();
    small_body.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc");
    auto large_body = server.connect();
    large_body.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\nabc");
    for (auto* client : {&head, &small_body, &large_body}) {
        const auto reply = client->read_reply();
        REQUIRE(reply);
        CHECK(reply->status == 408);
        CHECK(client->wait_for_end() == Ending::closed);
    }
}

TEST_CASE("a client that takes nothing of its reply is cut when its time is over") {
    auto options = quick_options();
    options.timeouts.write = 300ms;
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(50'000'000, 'x'), "text/plain");
                                   });
                               },
                               options};
    auto client = server.connect();
    client.send(get_request("/large"));
    std::this_thread::sleep_for(3s);
    CHECK_FALSE(client.read_reply());
}

TEST_CASE("a server without a free descriptor leaves connections in the queue and goes on when there is one again" *
          doctest::skip(!k_descriptors_may_run_out)) {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const RunningServer server;
    auto kept = server.connect();
    REQUIRE(kept.get("/hello"));
    std::vector<Client> more;
    for (int i = 0; i < 3; ++i)
        more.emplace_back(baton::Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)});
    // No descriptor can be made from the lowest free one on.
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(baton::Fd{::fcntl(0, F_DUPFD_CLOEXEC, 0)}.get());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    for (auto& client : more) {
        client.connect_to(server.port());
        client.send(get_request("/hello"));
    }
    // accept4(2) takes its descriptor before it waits: the first one gets through.
    const auto before_waiting = processor_time();
    CHECK(more.back().stays_silent(500ms));
    CHECK(processor_time() - before_waiting < 200ms); // it does not spin
    CHECK(kept.get("/hello")->status == 200);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    for (auto& client : more)
        CHECK(client.read_reply()->status == 200);
}

TEST_CASE("clients that pipeline without end leave the workers to others in turn") {
    auto options = quick_options();
    options.max_workers = 2;
    const RunningServer server{{}, options};
    std::atomic<bool> enough{false};
    std::vector<std::thread> greedy;
    std::atomic<int> served{0};
    for (int i = 0; i < 4; ++i)
        greedy.emplace_back([&] {
            auto client = server.connect();
            std::string many;
            for (int n = 0; n < 1000; ++n)
                many += get_request("/hello");
            std::thread reader{[&] {
                char buffer[256 * 1024];
                if (::recv(client.socket(), buffer, sizeof buffer, 0) > 0) ++served;
                while (::recv(client.socket(), buffer, sizeof buffer, 0) > 0) {
                }
            }};
            while (!enough)
                client.send(many);
            (void)::shutdown(client.socket(), SHUT_RDWR);
            reader.join();
        });
    auto modest = server.connect();
    for (int i = 0; i < 20; ++i)
        CHECK(modest.get("/hello"));
    CHECK(server.connect().get("/hello"));
    for (int i = 0; i < 1000 && served < 4; ++i)
        std::this_thread::sleep_for(10ms);
    CHECK(served == 4); // nor do they starve each other
    enough = true;
    for (auto& thread : greedy)
        thread.join();
}

TEST_CASE("a listener whose O_NONBLOCK somebody else clears or sets still serves, and stops at once") {
    RunningServer server;
    for (int round = 0; round < 20; ++round) {
        const int flags = ::fcntl(server.listener(), F_GETFL);
        REQUIRE(::fcntl(server.listener(), F_SETFL, flags ^ O_NONBLOCK) == 0);
        REQUIRE(server.connect().get("/hello")->status == 200);
    }
    server.begin_drain();
    CHECK(server.wait_until_ended());
}

TEST_CASE("a thousand connections leave the numbers that select(2) knows to the program") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/descriptor", [](const auto&, auto& response) {
            const baton::Fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
            response.set_content(std::to_string(file.get()), "text/plain");
        });
    }};
    std::vector<Client> clients;
    for (int i = 0; i < FD_SETSIZE + 100; ++i) {
        clients.emplace_back(server.port());
        // The test's own ends take numbers as well: out of the way with them.
        const int moved = ::fcntl(clients.back().socket(), F_DUPFD_CLOEXEC, 4 * FD_SETSIZE);
        REQUIRE(moved > 0);
        clients.back() = Client{baton::Fd{moved}};
    }
    CHECK(clients.back().get("/hello")->status == 200);
    const auto reply = clients.back().get("/descriptor");
    CHECK(std::stoi(reply->body) < FD_SETSIZE);
}
