// SPDX-License-Identifier: MIT
// The access log against a socket in place of journald's: what arrives, and that no request waits for it.
#include "program.hpp"
#include "running_server.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

using namespace test;

namespace {

class Journal {
  public:
    Journal() : path_{directory_.path() / "journal"}, socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    /// The next entry; "" after ten seconds.
    [[nodiscard]] std::string next() const {
        pollfd wanted{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        std::string text(65536, '\0');
        if (::poll(&wanted, 1, 10'000) <= 0) return "";
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(::recv(socket_.get(), text.data(), text.size(), 0), 0)));
        return text;
    }
    [[nodiscard]] std::string path() const { return path_.native(); }

  private:
    TemporaryDirectory directory_;
    std::filesystem::path path_;
    baton::Fd socket_;
};

baton::Options with_log() {
    auto options = quick_options();
    options.access_log = true;
    options.metrics_path = "/metrics";
    return options;
}

std::string value_of(const std::string& entry, const std::string& key) {
    const auto at = ("\n" + entry).find("\n" + key + "=");
    if (at == std::string::npos) return "(none)";
    return entry.substr(at + key.size() + 1, entry.find('\n', at) - at - key.size() - 1);
}

} // namespace

TEST_CASE("each public request is a journal entry, without its query, and with nothing a terminal obeys") {
    const Journal journal;
    const RunningServer server{{}, with_log(), journal.path()};
    auto client = server.connect();
    const auto reply = client.get("/hello?token=secret", "User-Agent: a\"b\\\tc\xc3\xa9\r\n");
    REQUIRE(reply);
    const auto entry = journal.next();
    CHECK(value_of(entry, "MESSAGE").starts_with("127.0.0.1 \"GET /hello\" 200 "));
    CHECK(value_of(entry, "PRIORITY") == "6");
    CHECK(value_of(entry, "SYSLOG_IDENTIFIER") == "baton-access");
    CHECK(value_of(entry, "HTTP_METHOD") == "GET");
    CHECK(value_of(entry, "HTTP_PATH") == "/hello");
    CHECK(value_of(entry, "HTTP_STATUS") == "200");
    CHECK(std::stoi(value_of(entry, "HTTP_BYTES")) > 60);
    CHECK(std::stoi(value_of(entry, "HTTP_DURATION_USEC")) >= 0);
    CHECK(value_of(entry, "HTTP_PEER") == "127.0.0.1");
    CHECK(value_of(entry, "HTTP_USER_AGENT") == R"(a\x22b\x5C\x09c\xC3\xA9)");
    CHECK(entry.find("secret") == std::string::npos);

    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.read_reply()->body == "abc");
    CHECK(value_of(journal.next(), "MESSAGE").starts_with("127.0.0.1 \"POST /echo\" 200 "));
    client.send("\x1b]0;\r\n\r\n");
    CHECK(client.read_reply()->status == 400);
    CHECK(value_of(journal.next(), "MESSAGE").starts_with("127.0.0.1 \"-\" 400 "));
}

TEST_CASE("an entry tells the bytes and the time of a slow reader, too") {
    const Journal journal;
    const RunningServer server{[](baton::Server& it) {
                                   it.Get("/large", [](const auto&, auto& response) {
                                       response.set_content(std::string(8'000'000, 'x'), "text/plain");
                                   });
                               },
                               with_log(), journal.path()};
    auto client = server.connect();
    client.send(get_request("/large"));
    std::this_thread::sleep_for(50ms);
    CHECK(client.read_reply()->body.size() == 8'000'000);
    const auto entry = journal.next();
    CHECK(std::stoi(value_of(entry, "HTTP_BYTES")) > 8'000'000);
    CHECK(std::stoi(value_of(entry, "HTTP_DURATION_USEC")) >= 20'000); // until the client has taken it
}

TEST_CASE("without a journal requests are served, and the entries counted as lost") {
    const RunningServer server{{}, with_log(), "/nonexistent/journal"};
    auto client = server.connect();
    for (int i = 0; i < 200; ++i)
        REQUIRE(client.get("/hello")->status == 200);
    std::string page = "\nbaton_access_log_lost_total 0\n";
    for (int i = 0; i < 500 && page.find("\nbaton_access_log_lost_total 0\n") != std::string::npos; ++i) {
        std::this_thread::sleep_for(10ms);
        page = client.get("/metrics")->body;
    }
    CHECK(page.find("\nbaton_access_log_lost_total 0\n") == std::string::npos);
}

TEST_CASE("a journal that reads nothing delays no request, and the end only by little") {
    const Journal journal;
    RunningServer server{{}, with_log(), journal.path()};
    auto client = server.connect();
    for (int i = 0; i < 5000; ++i) // more than the socket and the kernel's queue take
        REQUIRE(client.get("/hello")->status == 200);
    server.begin_drain();
    CHECK(client.get("/hello")->field("Connection") == "close");
    CHECK(server.wait_until_ended());
}

TEST_CASE("BATON_ACCESS_LOG goes before the option") {
    const auto wanted = [](const char* text, bool otherwise) {
        (void)::setenv("BATON_ACCESS_LOG", text, 1);
        const bool result = baton::engine::AccessLog::is_wanted(otherwise);
        (void)::unsetenv("BATON_ACCESS_LOG");
        return result;
    };
    CHECK(wanted("1", false));
    CHECK(wanted("yes", false));
    CHECK_FALSE(wanted("0", true));
    CHECK_FALSE(wanted("off", true));
    CHECK(wanted("", true));
    CHECK_FALSE(wanted("maybe", false)); // and a line that says so
    CHECK(baton::engine::AccessLog::is_wanted(true));
}
