// SPDX-License-Identifier: MIT
// A question to a program that answers well, badly, for ever or not at all.
#include "deploy/units/bounded_http.hpp"

#include "base/fd.hpp"
#include "base/text.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Takes one connection, reads the question, and does with it what the test says.
class Peer {
  public:
    explicit Peer(std::function<void(int)> answer) : path{scratch_ / "s"} {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        (void)path.native().copy(name.sun_path, sizeof name.sun_path - 1);
        listener_ = Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
        REQUIRE(::listen(listener_.get(), 1) == 0);
        thread_ = std::thread{[this, answer = std::move(answer)] {
            const Fd connection{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            std::array<char, 4096> buffer{};
            const auto n = ::recv(connection.get(), buffer.data(), buffer.size(), 0);
            question = std::string{buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
            answer(connection.get());
        }};
    }
    ~Peer() { thread_.join(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

  private:
    test::Scratch scratch_;
    Fd listener_;
    std::thread thread_;

  public:
    std::filesystem::path path;
    std::string question;
};

bool say(int connection, std::string_view text) {
    return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

HttpReply ask(std::string_view text, Want want = Want::body) {
    const Peer peer{[=](int connection) { (void)say(connection, text); }};
    return ask_http(peer.path, {"GET", "/x", want}, 5s);
}

TEST_CASE("a reply is read to its Content-Length, or to the end of the connection, in whatever pieces it comes") {
    for (const std::string_view text :
         {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyX", "HTTP/1.0 200\r\n\r\nbody",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:4\r\n\r\nbody"}) {
        const Peer peer{[=](int connection) {
            for (const char c : text)
                (void)say(connection, {&c, 1});
        }};
        const auto reply = ask_http(peer.path, {"GET", "/x", Want::body}, 5s);
        CAPTURE(text);
        CHECK(reply.status == 200);
        CHECK(reply.body.substr(0, 4) == "body");
        CHECK(reply.why.empty());
    }
    CHECK(ask("HTTP/1.1 404 Not Found\r\n\r\n").status == 404);
}

TEST_CASE("the question is one line of HTTP, whatever the target") {
    Peer peer{[](int connection) { (void)say(connection, "HTTP/1.1 204 No Content\r\n\r\n"); }};
    CHECK(ask_http(peer.path, {"POST", "/a b\r\nX: \xC3\xA4", Want::status}, 5s).status == 204);
    CHECK(peer.question.starts_with("POST /a%20b%0D%0AX:%20%C3%A4 HTTP/1.0\r\nHost: localhost\r\n"));
    CHECK(peer.question.ends_with("\r\n\r\n"));
}

TEST_CASE("what is no reply is none, and says why") {
    for (const std::string_view text : {"", "HTTP/1.1 200 OK\r\n", "hello\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                                        "HTTP/2 200\r\n\r\n", "HTTP/1.1 99999 x\r\n\r\n", "HTTP/1.1\r\n\r\n"}) {
        CAPTURE(text);
        const auto reply = ask(text);
        CHECK(reply.status == 0);
        CHECK_FALSE(reply.why.empty());
    }
    CHECK_FALSE(ask_http("/no/such/socket", {"GET", "/", Want::status}, 1s).why.empty());
}

TEST_CASE("a reply without end is cut, wherever it does not end, and one that trickles ends with the time") {
    for (const auto& piece : {std::string(65536, 'x'), std::string{"X: y\r\n"}, std::string{"\r\n"}}) {
        const Peer peer{[=](int connection) {
            if (piece != "\r\n") (void)say(connection, "HTTP/1.1 200 OK\r\n");
            while (say(connection, piece)) {
            }
        }};
        const auto reply = ask_http(peer.path, {"GET", "/x", Want::body}, 5s);
        CHECK(reply.why.find("a reply of more than 64.0 KiB") + reply.why.find("not HTTP") != 2 * std::string::npos);
        CHECK(reply.body.size() <= 128UL * 1024);
    }
    const Peer peer{[](int connection) {
        while (say(connection, "H"))
            std::this_thread::sleep_for(10ms);
    }};
    const auto begun = Clock::now();
    CHECK(ask_http(peer.path, {"GET", "/x", Want::body}, 200ms).why == "no complete reply came in time");
    CHECK(Clock::now() - begun < 3s);
}

TEST_CASE("what a reply that is no 2xx says is its Location, or its body's first line, cut and printable") {
    const auto told = [](std::string_view text) { return ask(text, Want::told).told; };
    CHECK(told("HTTP/1.1 301 x\r\nlocation: https://shop.example/\r\nContent-Length: 9\r\n\r\nelsewhere") ==
          "Location: https://shop.example/");
    CHECK(told("HTTP/1.1 500 x\r\nLocation: /not-for-this\r\n\r\n\r\nno database\nmore\n") == "no database");
    CHECK(told("HTTP/1.1 400 x\r\nContent-Length: 12\r\n\r\nno \x1b[2J line") == printable("no \x1b[2J line"));
    CHECK(told("HTTP/1.1 500 x\r\n\r\n" + std::string(100'000, 'x')) == std::string(200, 'x'));
    CHECK(told("HTTP/1.1 503 x\r\n\r\n").empty());
    CHECK(told("HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\nyes").empty());
}

TEST_CASE("a status whose body does not come is not waited for") {
    std::atomic<bool> asked{false};
    const Peer peer{[&](int connection) {
        (void)say(connection, "HTTP/1.1 503 x\r\nContent-Length: 100\r\n\r\nbegun");
        while (!asked)
            std::this_thread::sleep_for(1ms);
    }};
    const auto begin = Clock::now();
    const auto reply = ask_http(peer.path, {"GET", "/x", Want::told}, 30s);
    asked = true;
    CHECK(Clock::now() - begin < 15s);
    CHECK(reply.status == 503);
    CHECK(reply.told == "begun");
}

TEST_CASE("the question has the Host header that was asked for") {
    const Peer peer{[](int connection) { (void)say(connection, "HTTP/1.1 204 x\r\n\r\n"); }};
    REQUIRE(ask_http(peer.path, {"GET", "/x", Want::told, "shop.example:8080"}, 5s).status == 204);
    CHECK(peer.question.find("\r\nHost: shop.example:8080\r\n") != std::string::npos);
}

} // namespace
} // namespace baton::deploy
