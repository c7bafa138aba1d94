// SPDX-License-Identifier: MIT
// What the service manager hears: WATCHDOG=1 while workers or clients progress, and nothing when all workers hang.
#include "running_server.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

using namespace test;

namespace {

/// A service manager with a watchdog of 400 ms, for the servers of this process that start while it lives.
class Manager {
  public:
    Manager() : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        const auto name = "libbaton-watchdog-" + std::to_string(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path + 1, name.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
        (void)::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
        (void)::setenv("WATCHDOG_USEC", "400000", 1);
    }
    ~Manager() {
        (void)::unsetenv("NOTIFY_SOCKET");
        (void)::unsetenv("WATCHDOG_USEC");
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    /// Whether the watchdog is fed within `patience` from now on.
    [[nodiscard]] bool is_fed(std::chrono::milliseconds patience) const {
        while (!next().empty()) {
        }
        const auto until = std::chrono::steady_clock::now() + patience;
        for (auto left = patience; left > 0ms;
             left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())) {
            pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
            (void)::poll(&wanted, 1, static_cast<int>(left.count()));
            if (next().find("WATCHDOG=1") != std::string::npos) return true;
        }
        return false;
    }

  private:
    [[nodiscard]] std::string next() const {
        char text[1024];
        const auto size = ::recv(fd_.get(), text, sizeof text, 0);
        return size < 0 ? "" : std::string{text, static_cast<std::size_t>(size)};
    }

    baton::Fd fd_;
};

baton::Options two_workers() {
    auto options = quick_options();
    options.max_workers = 2;
    return options;
}

} // namespace

TEST_CASE("the watchdog is fed while handlers block and workers can be added, and not when every one hangs") {
    const Manager manager;
    auto options = two_workers();
    options.max_workers = 4;
    RunningServer server{{}, options};
    CHECK(manager.is_fed(10s));
    std::vector<Client> blocked;
    for (int i = 0; i < 3; ++i) {
        blocked.push_back(server.connect());
        blocked.back().send(get_request("/gated"));
    }
    REQUIRE(server.gate.wait_for(3));
    for (int i = 0; i < 5; ++i)
        CHECK(manager.is_fed(10s));
    blocked.push_back(server.connect());
    blocked.back().send(get_request("/gated"));
    REQUIRE(server.gate.wait_for(4));
    (void)manager.is_fed(200ms); // a knock may have been answered just before
    CHECK_FALSE(manager.is_fed(1s));
    server.gate.open();
    CHECK(manager.is_fed(10s));
}

TEST_CASE("the watchdog is fed while every worker waits for its client, or is in a long stream") {
    const Manager manager;
    const RunningServer server{
        [](baton::Server& it) {
            it.Get("/flood", [](const auto&, auto& response) {
                response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                    const std::string part(100'000, 'x');
                    while (sink.write(part.data(), part.size())) {
                    }
                    return false;
                });
            });
            it.Get("/events", [](const auto&, auto& response) {
                response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                    std::this_thread::sleep_for(50ms);
                    return sink.write("event\n", 6);
                });
            });
        },
        two_workers()};
    {
        std::vector<Client> streams;
        for (int i = 0; i < 4; ++i) {
            streams.push_back(server.connect());
            streams.back().send(get_request("/events"));
        }
        for (int i = 0; i < 10; ++i)
            CHECK(manager.is_fed(10s));
    }
    std::vector<Client> takes_nothing;
    for (int i = 0; i < 2; ++i) {
        takes_nothing.push_back(server.connect());
        takes_nothing.back().send(get_request("/flood"));
    }
    std::this_thread::sleep_for(1s); // until both stand still
    for (int i = 0; i < 10; ++i)
        CHECK(manager.is_fed(10s));
}
