// SPDX-License-Identifier: MIT
// The listener stays until somebody stops the site, whatever takes it away.
#include "base/fd.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>

using namespace machine;
namespace fs = std::filesystem;

namespace {

std::string listener(const Site& site) {
    return site.name() + ".socket";
}

/// What the timer does once a minute.
void look() {
    REQUIRE(run({"systemctl", "start", "baton-look.service"}).status == 0);
}

void check_deploys(const Site& site, const std::string& ver) {
    site.edit(ver);
    const auto deployed = site.deploy();
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
    site.wait_for_version(ver);
    CHECK(site.show(listener(site), "ActiveState") == "active");
}

/// shutdown(2) by a process that shares the release's listening socket; httplib's Server::stop() does it.
void shut_down_socket(const Site& site) {
    const auto pid = std::stoi(site.show(site.unit(site.live()), "MainPID"));
    const baton::Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    REQUIRE(process);
    for (int fd = 3; fd < 20; ++fd) {
        const baton::Fd copy{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), fd, 0))};
        int listens = 0;
        socklen_t size = sizeof listens;
        int domain = 0;
        socklen_t domain_size = sizeof domain;
        if (!copy || ::getsockopt(copy.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || listens == 0) continue;
        REQUIRE(::getsockopt(copy.get(), SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) == 0);
        if (domain != AF_UNIX) REQUIRE(::shutdown(copy.get(), SHUT_RDWR) == 0); // the other one is the private socket
    }
}

} // namespace

TEST_SUITE_BEGIN("listener");

TEST_CASE("systemctl isolate multi-user.target takes no site down, not even right after it was added") {
    ServingSite site{"isolated"};
    Traffic traffic{site.address()};
    for (int i = 0; i < 3; ++i) {
        REQUIRE(run({"systemctl", "isolate", "multi-user.target"}).status == 0);
        check_deploys(site, std::to_string(i + 2));
    }
    traffic.check_none_failed();
    wait_until("no reload is left", [&] { return site.show(site.name(), "ActiveState") == "active"; });
    CHECK(site.show(site.name() + ".path", "ActiveState") == "active");
}

TEST_CASE("while its listener is stopped the live release serves on, and the next edit goes live with a new listener") {
    ServingSite site{"socketless"};
    REQUIRE(run({"systemctl", "stop", listener(site)}).status == 0);
    look();
    CHECK(get(site.address()).ver == "1");
    check_deploys(site, "2");
}

TEST_CASE("a listener that is stopped, and its release gone as well, is there again at the next look") {
    ServingSite site{"all-gone"};
    REQUIRE(run({"systemctl", "stop", listener(site), site.unit(1)}).status == 0);
    look();
    site.wait_for_version("1");
    CHECK(site.show(listener(site), "ActiveState") == "active");
    check_deploys(site, "2");
}

TEST_CASE("a socket that was shut down under the release is made anew, and the release with it") {
    ServingSite site{"shut-down"};
    shut_down_socket(site);
    CHECK(refuses(site.address()));
    look();
    site.wait_for_version("1");
    check_deploys(site, "2");
}

TEST_CASE("a socket of every address that carries one, and is shut down, is replaced by one of that address's own") {
    ServingSite site{"shut-down-narrow"};
    const auto port = site.address();
    site.http_port = "127.0.0.1:" + port;
    check_deploys(site, "2");
    shut_down_socket(site);
    CHECK(refuses(site.http_port));
    look();
    wait_until("it answers", [&] { return get(site.http_port).ver == "2"; });
    CHECK(refuses("127.0.0.2:" + port));
    CHECK(site.show(listener(site), "ActiveState") == "inactive");
    CHECK(site.status("/listeners/0/socket") == site.http_port);
    site.edit("3");
    site.wait_for_version("3");
}

TEST_CASE("a unix socket whose path was removed is made anew") {
    Site site{"unlinked"};
    site.upload(k_shop);
    site.http_port = "/run/unlinked/http.sock";
    site.edit("1");
    REQUIRE(site.add().status == 0);
    fs::remove(site.http_port);
    look();
    wait_until("the path is there again", [&] { return fs::is_socket(site.http_port); });
    wait_until("version 1 answers", [&] { return get(site.http_port).ver == "1"; });
    site.edit("2");
    CHECK(site.deploy().status == 0);
    CHECK(get(site.http_port).ver == "2");
}

TEST_CASE("an address that is not there when the site starts is listened on, and answers when it comes up") {
    REQUIRE(run({"ip", "address", "add", "10.77.0.1/32", "dev", "lo"}).status == 0);
    Site site{"late-address"};
    site.upload(k_shop);
    site.http_port = fmt::format("10.77.0.1:{}", site.http_port);
    site.edit("1");
    REQUIRE(site.add().status == 0);
    REQUIRE(run({"systemctl", "stop", site.name()}).status == 0);
    REQUIRE(run({"ip", "address", "delete", "10.77.0.1/32", "dev", "lo"}).status == 0);
    REQUIRE(run({"systemctl", "start", site.name()}).status == 0);
    CHECK(site.show(listener(site), "ActiveState") == "active");
    CHECK(site.releases().front().runs);
    REQUIRE(run({"ip", "address", "add", "10.77.0.1/32", "dev", "lo"}).status == 0);
    CHECK(get(site.http_port).ver == "1");
    REQUIRE(run({"ip", "address", "delete", "10.77.0.1/32", "dev", "lo"}).status == 0);
}

TEST_CASE("a bare port is IPv4 as well where net.ipv6.bindv6only says otherwise") {
    REQUIRE(run({"sysctl", "-qw", "net.ipv6.bindv6only=1"}).status == 0);
    ServingSite site{"v6only"};
    REQUIRE(run({"sysctl", "-qw", "net.ipv6.bindv6only=0"}).status == 0);
    CHECK(get("127.0.0.1:" + site.http_port).ver == "1");
    CHECK(get("[::1]:" + site.http_port).ver == "1");
}

TEST_CASE("a bare port is had without IPv6 where the kernel has none") {
    ServingSite site{"v4only"};
    site.unwatch();
    site.http_port = free_port();
    site.edit("2");
    const auto deployed = run({"systemd-run", "--pipe", "--wait", "--quiet", "-p",
                               "RestrictAddressFamilies=AF_UNIX AF_INET", "baton", "deploy", site.name()});
    CHECK_MESSAGE(deployed.status == 0, deployed.text());
}

TEST_SUITE_END();
