// SPDX-License-Identifier: MIT
// httplib's own ways to start and to stop, on baton::Server and through an httplib::Server&; its settings; signals.
#include "client.hpp"
#include "program.hpp"
#include "running_server.hpp"

#include "libbaton/route/httplib_settings.hpp"

#include <baton/server.hpp>
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

using namespace test;
using httplib::Request;
using httplib::Response;

namespace {

void say_hello(httplib::Server& server) {
    server.Get("/hello", [](const Request&, Response& response) { response.set_content("hello\n", "text/plain"); });
}

/// Runs `listen` on a thread of its own, until the server says that it runs.
template <class Server>
class Listening {
  public:
    template <class Listen>
    Listening(Server& server, Listen listen) : server_{server}, thread_{[this, listen] { result_ = listen(); }} {
        for (int i = 0; i < 1000 && !server_.is_running(); ++i)
            std::this_thread::sleep_for(10ms);
    }
    ~Listening() { (void)stop(); }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

    bool stop() {
        if (thread_.joinable()) server_.stop();
        return join();
    }
    bool join() {
        if (thread_.joinable()) thread_.join();
        return result_;
    }

  private:
    Server& server_;
    bool result_ = false;
    std::thread thread_;
};

std::uint16_t free_port() {
    std::uint16_t port = 0;
    listen_tcp(AF_INET, port).reset();
    return port;
}

template <class Duration>
bool is_quick(std::chrono::steady_clock::time_point begun, Duration most) {
    return std::chrono::steady_clock::now() - begun < most;
}

std::atomic<int> g_own_signals{0};
void count_signal(int) {
    g_own_signals.fetch_add(1);
}

} // namespace

TEST_CASE("listen() through an httplib::Server ends up in the loop of libbaton") {
    const std::unique_ptr<httplib::Server> server = std::make_unique<baton::Server>();
    say_hello(*server);
    const auto port = free_port();
    Listening running{*server, [&] { return server->listen("127.0.0.1", port); }};
    REQUIRE(server->is_running());
    Client client{port};
    const auto reply = client.get("/hello");
    CHECK(reply->body == "hello\n");
    CHECK(reply->field("Date") != ""); // httplib sends none
    CHECK(running.stop());
    CHECK_FALSE(server->is_running());
}

TEST_CASE("bind_to_any_port() and listen_after_bind() work, also through an httplib::Server with a queue of its own") {
    baton::Server own;
    const std::unique_ptr<httplib::Server> base = std::make_unique<baton::Server>();
    base->new_task_queue = [] { return new httplib::ThreadPool{3}; };
    say_hello(own);
    say_hello(*base);
    const auto own_port = own.bind_to_any_port("127.0.0.1");
    const auto base_port = base->bind_to_any_port("127.0.0.1");
    REQUIRE(own_port > 0);
    REQUIRE(base_port > 0);
    Listening own_running{own, [&] { return own.listen_after_bind(); }};
    Listening base_running{*base, [&] { return base->listen_after_bind(); }};
    for (const auto port : {own_port, base_port}) {
        Client client{static_cast<std::uint16_t>(port)};
        CHECK(client.get("/hello")->field("Date") != "");
    }
    CHECK(own_running.stop());
    CHECK(base_running.stop());
}

TEST_CASE("a port that is taken is no listening") {
    std::uint16_t port = 0;
    const auto taken = listen_tcp(AF_INET, port);
    baton::Server server;
    CHECK_FALSE(server.bind_to_port("127.0.0.1", port));
    CHECK_FALSE(static_cast<httplib::Server&>(server).listen("127.0.0.1", port));
    CHECK_FALSE(server.is_running());
}

TEST_CASE("stop() waits for neither an idle client nor an endless stream, and the next listen() serves") {
    baton::Server server;
    say_hello(server);
    server.Get("/endless", [](const Request&, Response& response) {
        response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
            std::this_thread::sleep_for(1ms);
            return sink.write("tick\n", 5);
        });
    });
    for (int round = 0; round < 2; ++round) {
        const auto port = free_port();
        Listening running{server, [&] { return server.listen("127.0.0.1", port); }};
        Client idle{port};
        CHECK(idle.get("/hello")->status == 200);
        Client streaming{port};
        streaming.send(get_request("/endless"));
        CHECK_FALSE(streaming.stays_silent(1s));
        const auto begun = std::chrono::steady_clock::now();
        server.stop();
        server.stop();
        CHECK(running.join());
        CHECK(is_quick(begun, 3s));
        server.stop(); // of one that does not run: nothing
    }
}

TEST_CASE("a stream whose client has all of it was not cut by stop(), though its provider still ran") {
    Gate gate;
    std::atomic<int> whole{-1};
    baton::Server server;
    say_hello(server);
    server.Get("/stream", [&](const Request&, Response& response) {
        response.set_content_provider(
            3, "text/plain",
            [&](std::size_t, std::size_t, httplib::DataSink& sink) {
                const bool written = sink.write("abc", 3);
                gate.pass();
                return written;
            },
            [&](bool success) { whole = success ? 1 : 0; });
    });
    const auto port = free_port();
    Listening running{server, [&] { return server.listen("127.0.0.1", port); }};
    Client idle{port};
    CHECK(idle.get("/hello")->status == 200);
    Client streaming{port};
    CHECK(streaming.get("/stream")->body == "abc");
    server.stop();
    CHECK(idle.wait_for_end() == Ending::closed);
    gate.open();
    CHECK(running.join());
    CHECK(whole == 1);
}

TEST_CASE("on a unix socket the process at the other end is told in the place of a port, as by httplib") {
    const auto tell = [](const Request& request, Response& response) {
        response.set_content(std::to_string(request.remote_port) + " " + request.get_header_value("REMOTE_PORT"),
                             "text/plain");
    };
    const auto pid = std::to_string(::getpid());
    const TemporaryDirectory directory;
    httplib::Server stock;
    baton::Server ours;
    for (httplib::Server* const server : {&stock, static_cast<httplib::Server*>(&ours)}) {
        const auto path = (directory.path() / (server == &stock ? "stock" : "ours")).string();
        server->Get("/who", tell);
        server->Get("/who.*", tell); // through httplib
        server->set_address_family(AF_UNIX);
        Listening running{*server, [&] { return server->listen(path, 80); }};
        Client client{path};
        CHECK(client.get("/who")->body == pid + " " + pid);
        CHECK(client.get("/whoever", "Connection: close\r\n")->body == pid + " " + pid);
        CHECK(running.stop());
    }
}

TEST_CASE("stop() through an httplib::Server ends the run as well") {
    const std::unique_ptr<httplib::Server> server = std::make_unique<baton::Server>();
    say_hello(*server);
    const auto port = free_port();
    Listening running{*server, [&] { return server->listen("127.0.0.1", port); }};
    Client idle{port};
    CHECK(idle.get("/hello")->status == 200);
    const auto begun = std::chrono::steady_clock::now();
    CHECK(running.stop());
    CHECK(is_quick(begun, 3s));
}

TEST_CASE("SIGTERM ends every server of the process, and calls the program's own handler") {
    struct sigaction own = {};
    struct sigaction before = {};
    own.sa_handler = count_signal;
    (void)::sigaction(SIGTERM, &own, &before);
    g_own_signals = 0;
    {
        baton::Server first;
        baton::Server second;
        Listening first_running{first, [&, port = free_port()] { return first.listen("127.0.0.1", port); }};
        Listening second_running{second, [&, port = free_port()] { return second.listen("127.0.0.1", port); }};
        REQUIRE(first.is_running());
        REQUIRE(second.is_running());
        (void)::kill(::getpid(), SIGTERM);
        CHECK(first_running.join());
        CHECK(second_running.join());
    }
    CHECK(g_own_signals == 1);
    struct sigaction after = {};
    (void)::sigaction(SIGTERM, &before, &after);
    const bool is_back = after.sa_handler == count_signal;
    CHECK(is_back);
}

TEST_CASE("SIGINT is the program's, if it has a handler of it") {
    struct sigaction own = {};
    struct sigaction before = {};
    own.sa_handler = count_signal;
    (void)::sigaction(SIGINT, &own, &before);
    g_own_signals = 0;
    {
        baton::Server server;
        say_hello(server);
        const auto port = free_port();
        Listening running{server, [&] { return server.listen("127.0.0.1", port); }};
        (void)::kill(::getpid(), SIGINT);
        Client client{port};
        CHECK(client.get("/hello")->status == 200);
        CHECK_FALSE(server.draining());
        CHECK(client.get("/hello")->field("Connection") != "close");
    }
    CHECK(g_own_signals == 1);
    (void)::sigaction(SIGINT, &before, nullptr);
}

TEST_CASE("handlers run with the signals of the thread that called run()") {
    std::atomic<bool> blocked{true};
    const RunningServer server{[&](baton::Server& it) {
        it.Get("/mask", [&](const Request&, Response&) {
            sigset_t mask{};
            (void)::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            blocked = ::sigismember(&mask, SIGTERM) == 1 || ::sigismember(&mask, SIGCHLD) == 1;
        });
    }};
    CHECK(server.connect().get("/mask")->status == 200);
    CHECK_FALSE(blocked);
}

TEST_CASE("a ThreadPool of one thread is one handler at a time") {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    baton::Server server;
    server.new_task_queue = [] { return new httplib::ThreadPool{1}; };
    server.Get("/alone", [&](const Request&, Response&) {
        most = std::max(most.load(), ++inside);
        std::this_thread::sleep_for(50ms);
        --inside;
    });
    const auto port = free_port();
    Listening running{server, [&] { return server.listen("127.0.0.1", port); }};
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i)
        clients.emplace_back(port);
    for (auto& client : clients)
        client.send(get_request("/alone"));
    for (auto& client : clients)
        CHECK(client.read_reply()->status == 200);
    CHECK(most == 1);
}

TEST_CASE("a task queue of the program's own is refused") {
    using Task = std::function<void()>;
    // void in httplib 0.11, bool in 0.18
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(Task{}));
    struct Own : httplib::TaskQueue {
        Enqueued enqueue(Task) override { return Enqueued(); }
        void shutdown() override {}
    };
    baton::Server server;
    server.new_task_queue = [] { return new Own; };
    CHECK_FALSE(server.listen("127.0.0.1", free_port()));
}

template <class Pool>
void check_derived_pool() {
    if constexpr (!std::is_final_v<Pool>) { // it is in newer httplibs
        struct Own : Pool {
            Own() : Pool{2} {}
        };
        baton::Server server;
        server.new_task_queue = [] { return new Own; };
        CHECK_FALSE(server.listen("127.0.0.1", free_port()));
    }
}

TEST_CASE("a pool of threads that is more than httplib's is refused: its enqueue() would not be called") {
    check_derived_pool<httplib::ThreadPool>();
}

TEST_CASE("a payload that the program allows is not refused for an Option that nobody set") {
    const RunningServer server{[](baton::Server& it) { it.set_payload_max_length(4ULL << 30U); }};
    auto client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_reply(Body::none)->status == 100);
}

TEST_CASE("what is bound by the one server is listened on by the other, be it httplib's or baton's") {
    for (const bool by_base : {false, true}) {
        baton::Server server;
        server.Get("/x", [](const Request&, Response& response) { response.set_content("x", "text/plain"); });
        httplib::Server& base = server;
        const int port = by_base ? base.bind_to_any_port("127.0.0.1") : server.bind_to_any_port("127.0.0.1");
        REQUIRE(port > 0);
        Listening running{server, [&] { return by_base ? server.listen_after_bind() : base.listen_after_bind(); }};
        CHECK(Client{static_cast<std::uint16_t>(port)}.get("/x")->body == "x");
    }
}

TEST_CASE("a unix socket on which somebody answers is not taken away; one that nobody does is made anew") {
    const std::string path = "/tmp/baton-listening-" + std::to_string(::getpid()) + ".sock";
    const auto listen_there = [&](baton::Server& server) {
        server.set_address_family(AF_UNIX);
        return server.listen(path, 80);
    };
    {
        baton::Server first;
        first.Get("/x", [](const Request&, Response& response) { response.set_content("first", "text/plain"); });
        Listening running{first, [&] { return listen_there(first); }};
        CHECK(Client{path}.get("/x")->body == "first");
        baton::Server second;
        CHECK_FALSE(listen_there(second));
        CHECK(Client{path}.get("/x")->body == "first");
    }
    baton::Server third;
    third.Get("/x", [](const Request&, Response& response) { response.set_content("third", "text/plain"); });
    Listening running{third, [&] { return listen_there(third); }};
    CHECK(Client{path}.get("/x")->body == "third");
    (void)::unlink(path.c_str());
}

TEST_CASE("a server that is_valid() says no to does not bind") {
    struct Invalid : baton::Server {
        bool is_valid() const override { return false; }
    };
    Invalid server;
    CHECK(server.bind_to_any_port("127.0.0.1") == -1);
}

TEST_CASE("httplib's own settings are taken for the Options they mean") {
    const RunningServer server{
        [](baton::Server& it) { it.set_keep_alive_max_count(2).set_keep_alive_timeout(1).set_read_timeout(1); },
        baton::Options{}};
    auto client = server.connect();
    CHECK(client.get("/hello")->field("Connection") != "close");
    CHECK(client.get("/hello")->field("Connection") == "close");
    CHECK(client.wait_for_end() == Ending::closed);
    auto idle = server.connect();
    CHECK(idle.get("/hello")->status == 200);
    CHECK(idle.wait_for_end(4s) == Ending::closed);
    auto slow = server.connect();
    slow.send("GET /hello HT");
    CHECK(slow.read_reply()->status == 408);
}

TEST_CASE(
    "a timeout of httplib's that is negative or without end never comes, and a negative keep-alive ends at once") {
    const auto add_reader = [](baton::Server& it) {
        it.Post("/read", [](const auto&, auto& response, const httplib::ContentReader& read) {
            std::string body;
            (void)read([&](const char* data, std::size_t size) { return (body.append(data, size), true); });
            response.set_content(body, "text/plain");
        });
    };
    for (const time_t never : {time_t{-5}, std::numeric_limits<time_t>::max() / 2}) {
        const RunningServer server{[&](baton::Server& it) {
                                       add_reader(it);
                                       it.set_keep_alive_timeout(std::max<time_t>(never, 1'000'000'000'000));
                                       it.set_read_timeout(never).set_write_timeout(never);
                                   },
                                   baton::Options{}};
        auto head = server.connect();
        head.send("GET /hello HT");
        auto body = server.connect();
        body.send("POST /read HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\na");
        auto idle = server.connect();
        CHECK(idle.get("/hello")->status == 200);
        CHECK(head.stays_silent(1500ms));
        head.send("TP/1.1\r\nHost: t\r\n\r\n");
        CHECK(head.read_reply()->status == 200);
        body.send("bc");
        CHECK(body.read_reply()->body == "abc");
        CHECK(idle.get("/hello")->status == 200);
    }
    RunningServer server{
        [](baton::Server& it) { it.set_keep_alive_timeout(-1).set_read_timeout(-1).set_write_timeout(-1); },
        baton::Options{}};
    const auto times = baton::engine::with_settings(server.server(), {}, {}).timeouts;
    CHECK(times.head > 24h * 365);
    CHECK(times.body > 24h * 365);
    CHECK(times.write > 24h * 365);
    auto client = server.connect();
    CHECK(client.get("/hello")->status == 200);
    CHECK(client.wait_for_end(4s) == Ending::closed);
}

TEST_CASE("an Option that is given goes before httplib's setting") {
    auto options = quick_options();
    options.limits.max_requests = 3;
    const RunningServer server{[](baton::Server& it) { it.set_keep_alive_max_count(1); }, options};
    auto client = server.connect();
    CHECK(client.get("/hello")->field("Connection") != "close");
    CHECK(client.get("/hello")->field("Connection") != "close");
    CHECK(client.get("/hello")->field("Connection") == "close");
}

TEST_CASE("set_socket_options() gets the socket that is made here") {
    baton::Server server;
    std::atomic<int> calls{0};
    server.set_socket_options([&](int) { ++calls; });
    Listening running{server, [&] { return server.listen("127.0.0.1", free_port()); }};
    CHECK(calls == 1);
}
