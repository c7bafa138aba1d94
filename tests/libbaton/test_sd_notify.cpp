// SPDX-License-Identifier: MIT
// Messages from a service to its manager: one datagram, or an error that nobody listens; and the watchdog's interval.
#include "sd/notify.hpp"

#include "base/fd.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using baton::sd::Notified;

namespace {

/// A manager's socket in the abstract namespace, and the variable that points to it.
class Manager {
  public:
    Manager() : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        const auto name = "baton-test-" + std::to_string(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path + 1, name.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
        (void)::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    }
    ~Manager() { (void)::unsetenv("NOTIFY_SOCKET"); }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    [[nodiscard]] std::string receive() const {
        char text[256];
        const auto size = ::recv(fd_.get(), text, sizeof text, MSG_DONTWAIT);
        return size < 0 ? "" : std::string{text, static_cast<std::size_t>(size)};
    }

  private:
    baton::Fd fd_;
};

} // namespace

TEST_CASE("notify sends one datagram to the manager's socket") {
    const Manager manager;
    CHECK(baton::sd::notify("READY=1\nSTATUS=serving") == Notified::sent);
    CHECK(manager.receive() == "READY=1\nSTATUS=serving");
}

TEST_CASE("notify without a manager says so") {
    (void)::unsetenv("NOTIFY_SOCKET");
    CHECK(baton::sd::notify("READY=1") == Notified::nobody);
    (void)::setenv("NOTIFY_SOCKET", "@baton-test-nobody-listens", 1);
    CHECK(baton::sd::notify("READY=1") == Notified::not_sent);
    (void)::setenv("NOTIFY_SOCKET", "relative", 1);
    CHECK(baton::sd::notify("READY=1") == Notified::not_sent);
    (void)::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("the watchdog's interval is ours only if it names this process or none") {
    (void)::setenv("WATCHDOG_USEC", "30000000", 1);
    CHECK(baton::sd::watchdog_interval() == std::chrono::seconds{30});
    (void)::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    CHECK(baton::sd::watchdog_interval() == std::chrono::seconds{30});
    (void)::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(baton::sd::watchdog_interval());
    (void)::unsetenv("WATCHDOG_PID");
    (void)::setenv("WATCHDOG_USEC", "0", 1);
    CHECK_FALSE(baton::sd::watchdog_interval());
    (void)::setenv("WATCHDOG_USEC", "many", 1);
    CHECK_FALSE(baton::sd::watchdog_interval());
    (void)::unsetenv("WATCHDOG_USEC");
    CHECK_FALSE(baton::sd::watchdog_interval());
}
