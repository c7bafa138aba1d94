// SPDX-License-Identifier: MIT
// Replies that a content provider makes during the send: the same bytes as from httplib, and slow readers occupy no
// worker.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace test;
using httplib::DataSink;
using httplib::Request;
using httplib::Response;

namespace {

constexpr std::size_t k_size = 6'000'000; // more than sockets buffer

std::string digits(std::size_t offset, std::size_t size) {
    static const std::string all = [] {
        std::string text;
        while (text.size() < k_size)
            text += "0123456789";
        return text;
    }();
    return all.substr(offset, size);
}

bool give(std::size_t offset, DataSink& sink) {
    const auto part = digits(offset, std::min<std::size_t>(k_size - offset, 10'000));
    if (!sink.write(part.data(), part.size())) return false;
    if (offset + part.size() == k_size) sink.done();
    return true;
}

struct Releases {
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
};

RunningServer::Routes routes(Releases& releases) {
    return [&releases](baton::Server& it) {
        const auto count = [&releases](bool success) { ++(success ? releases.good : releases.bad); };
        it.Get("/length", [count](const Request&, Response& response) {
            response.set_content_provider(
                k_size, "text/x",
                [](std::size_t offset, std::size_t size, DataSink& sink) {
                    const auto part = digits(offset, std::min<std::size_t>(size, 10'000));
                    return sink.write(part.data(), part.size());
                },
                count);
        });
        it.Get("/chunks", [count](const Request&, Response& response) {
            response.set_chunked_content_provider("text/plain", give, count);
        });
        it.Get("/unkn.wn", [count](const Request& request, Response& response) { // found as a pattern
            response.set_content_provider(
                "text/x",
                [&request](std::size_t offset, DataSink& sink) {
                    return request.path == "/unknown" && request.matches[0] == "/unknown" && give(offset, sink);
                },
                count);
        });
    };
}

bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i)
        std::this_thread::sleep_for(10ms);
    return condition();
}

} // namespace

TEST_CASE("streams come whole, by length, by chunks and to the end of the connection") {
    Releases releases;
    const RunningServer server{routes(releases)};
    const auto whole = digits(0, k_size);
    auto client = server.connect();
    for (const std::string target : {"/length", "/chunks"}) {
        const auto reply = client.get(target);
        REQUIRE(reply);
        CHECK(reply->status == 200);
        CHECK((reply->body == whole));
        CHECK(reply->all("Content-Length").size() + reply->all("Transfer-Encoding").size() == 1);
    }
    auto old = server.connect();
    old.send("GET /chunks HTTP/1.0\r\n\r\n");
    CHECK((old.read_reply()->body == whole));
    const auto part = client.get("/length", "Range: bytes=17-5000016\r\n");
    CHECK(part->status == 206);
    CHECK(part->field("Content-Range") == "bytes 17-5000016/6000000");
    CHECK((part->body == digits(17, 5'000'000)));
    const auto several = client.get("/length", "Range: bytes=0-1,5-6\r\n");
    CHECK(several->status == 200);
    CHECK((several->body == whole));
    client.send("HEAD /length HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_reply(Body::none)->field("Content-Length") == std::to_string(k_size));
    const auto unknown = client.get("/unknown");
    CHECK((unknown->body == whole));
    CHECK(unknown->field("Connection") == "close");
    CHECK(soon([&] { return releases.good == 6; }));
    CHECK(releases.bad == 1); // nobody asked the provider for HEAD
}

TEST_CASE("a chunked stream is compressed when the client takes that") {
    Releases releases;
    const RunningServer server{routes(releases)};
    auto client = server.connect();
    const auto reply = client.get("/chunks", "Accept-Encoding: gzip\r\n");
    REQUIRE(reply);
    CHECK(reply->field("Content-Encoding") == "gzip");
    std::string text;
    httplib::detail::gzip_decompressor decompressor;
    CHECK(decompressor.decompress(reply->body.data(), reply->body.size(), [&](const char* data, std::size_t size) {
        text.append(data, size);
        return true;
    }));
    CHECK((text == digits(0, k_size)));
    CHECK(client.get("/hello")->status == 200);
}

TEST_CASE("slow readers of streams hold no worker, and get all of it when they go on") {
    Releases releases;
    auto options = quick_options();
    options.max_workers = 2;
    const RunningServer server{routes(releases), options};
    std::vector<Client> slow;
    for (int i = 0; i < 30; ++i) {
        slow.push_back(server.connect());
        slow.back().send(get_request(i % 3 == 0 ? "/length" : i % 3 == 1 ? "/chunks" : "/unknown"));
    }
    for (int i = 0; i < 50; ++i)
        CHECK(server.connect().get("/hello")->status == 200);
    CHECK(releases.good == 0);
    for (auto& client : slow)
        CHECK((client.read_reply()->body == digits(0, k_size)));
    CHECK(soon([&] { return releases.good == 30; }));
}

TEST_CASE("an endless stream shares its worker, and ends with its client") {
    std::atomic<int> released{0};
    auto options = quick_options();
    options.max_workers = 2;
    const RunningServer server{[&](baton::Server& it) {
                                   it.Get("/endless", [&](const Request&, Response& response) {
                                       response.set_chunked_content_provider(
                                           "text/plain", [](std::size_t, DataSink& sink) { return sink.write("x", 1); },
                                           [&](bool) { ++released; });
                                   });
                               },
                               options};
    {
        std::vector<Client> greedy;
        std::vector<std::thread> readers;
        for (int i = 0; i < 4; ++i) {
            greedy.push_back(server.connect());
            greedy.back().send(get_request("/endless"));
        }
        for (auto& client : greedy)
            readers.emplace_back([&client] {
                char buffer[64 * 1024];
                while (::recv(client.socket(), buffer, sizeof buffer, 0) > 0) {
                }
            });
        for (int i = 0; i < 20; ++i)
            CHECK(server.connect().get("/hello"));
        for (auto& client : greedy)
            (void)::shutdown(client.socket(), SHUT_RDWR);
        for (auto& reader : readers)
            reader.join();
    }
    CHECK(soon([&] { return released == 4; }));
}

TEST_CASE("slow readers of providers that write what they are offered hold no worker, with a mount point and without") {
    const TemporaryDirectory directory;
    for (const bool mounted : {false, true}) {
        auto options = quick_options();
        options.max_workers = 2;
        const RunningServer server{
            [&](baton::Server& it) {
                if (mounted) it.set_mount_point("/", directory.path().string());
                it.Get("/greedy", [](const Request&, Response& response) {
                    response.set_content_provider(k_size, "text/x",
                                                  [](std::size_t offset, std::size_t size, DataSink& sink) {
                                                      return sink.write(digits(offset, size).data(), size);
                                                  });
                });
                it.Get("/one-write", [](const Request&, Response& response) {
                    response.set_chunked_content_provider("text/x", [](std::size_t, DataSink& sink) {
                        if (sink.write(digits(0, k_size).data(), k_size)) sink.done();
                        return true;
                    });
                });
            },
            options};
        std::vector<Client> slow;
        for (int i = 0; i < 20; ++i) {
            slow.push_back(server.connect());
            slow.back().send(get_request(i % 2 == 0 ? "/greedy" : "/one-write"));
        }
        for (int i = 0; i < 20; ++i)
            CHECK(server.connect().get("/hello")->status == 200);
        for (auto& client : slow)
            CHECK((client.read_reply()->body == digits(0, k_size)));
    }
}

TEST_CASE(
    "streams whose clients have left end, though they write nothing, on every path, and a drain cuts the others") {
    const TemporaryDirectory directory;
    for (const bool mounted : {false, true}) {
        std::atomic<int> released{0};
        std::atomic<bool> quiet{false};
        const auto answer = [&](const auto&, Response& response) {
            response.set_chunked_content_provider(
                "text/plain",
                [&](std::size_t offset, DataSink& sink) {
                    std::this_thread::sleep_for(5ms);
                    return offset > 0 && quiet ? true : sink.write("x", 1);
                },
                [&](bool) { ++released; });
        };
        auto options = quick_options();
        options.timeouts.drain = 500ms;
        RunningServer server{[&](baton::Server& it) {
                                 if (mounted) it.set_mount_point("/", directory.path().string());
                                 it.Get("/events", answer);
                                 it.Post("/events", [answer](const auto& request, auto& response, const auto& read) {
                                     (void)read([](const char*, std::size_t) { return true; });
                                     answer(request, response);
                                 });
                             },
                             options};
        const std::string post = "POST /events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab";
        {
            std::vector<Client> leaving;
            for (int i = 0; i < 8; ++i) {
                leaving.push_back(server.connect());
                leaving.back().send((i % 2 == 0 ? get_request("/events") : post) +
                                    (i % 4 < 2 ? "" : get_request("/hello")));
                std::size_t seen = 0;
                char byte = 0;
                while (seen < 100 && ::recv(leaving.back().socket(), &byte, 1, 0) == 1)
                    ++seen;
            }
            quiet = true;
        }
        CHECK(soon([&] { return released == 8; }));
        CHECK(server.connect().get("/hello")->status == 200);
        quiet = false;
        auto stays = server.connect();
        stays.send(post);
        server.begin_drain();
        CHECK(server.wait_until_ended(3s));
    }
}

TEST_CASE("a client that has finished sending still gets the whole of a stream") {
    const RunningServer server{[](baton::Server& it) {
        const auto answer = [](const auto&, Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t offset, DataSink& sink) {
                std::this_thread::sleep_for(10ms);
                if (offset < 20) return sink.write("x", 1);
                sink.done();
                return true;
            });
        };
        it.Get("/steps", answer);
        it.Post("/steps", [answer](const auto& request, auto& response, const auto& read) {
            (void)read([](const char*, std::size_t) { return true; });
            answer(request, response);
        });
    }};
    for (const auto& request :
         {get_request("/steps"), std::string{"POST /steps HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nab"}}) {
        auto client = server.connect();
        client.send(request);
        client.finish_sending();
        const auto reply = client.read_reply();
        REQUIRE(reply);
        CHECK(reply->body == std::string(20, 'x'));
    }
}

TEST_CASE("a provider that blocks in each call stalls nobody while there are workers") {
    const RunningServer server{[](baton::Server& it) {
        it.Get("/blocks", [](const Request&, Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, DataSink& sink) {
                std::this_thread::sleep_for(400ms);
                return sink.write("x", 1);
            });
        });
    }};
    auto stream = server.connect();
    stream.send(get_request("/blocks"));
    std::vector<Client> clients;
    for (int i = 0; i < 16; ++i)
        clients.push_back(server.connect());
    auto worst = 0ms;
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (std::chrono::steady_clock::now() < until) {
        const auto began = std::chrono::steady_clock::now();
        for (auto& client : clients)
            client.send(get_request("/hello"));
        for (auto& client : clients)
            CHECK(client.read_reply()->status == 200);
        const auto took = std::chrono::steady_clock::now() - began;
        worst = std::max(worst, std::chrono::duration_cast<std::chrono::milliseconds>(took));
    }
    CHECK(worst < 250ms);
}
