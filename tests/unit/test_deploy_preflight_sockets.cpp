// SPDX-License-Identifier: MIT
// The sockets of a preflight: how baton makes them, to whom it gives them, and how baton-exec puts them in the place of
// the site's.
#include "deploy/units/preflight_sockets.hpp"

#include "base/percent.hpp"
#include "base/socket_name.hpp"
#include "error_of.hpp"
#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::vector<site::NamedAddress> four() {
    return {{"http", site::parse_address("8080")},
            {"http", site::parse_address("/run/shop/http.sock")},
            {"admin", site::parse_address("127.0.0.1:9090")},
            {"six", site::parse_address("[::1]:9091")}};
}

Paths paths(const test::Scratch& scratch) {
    return {.state = {}, .units = {}, .unit_templates = {}, .runtime = scratch / "run"};
}

int domain(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    REQUIRE(::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0);
    return domain;
}

} // namespace

TEST_CASE("a preflight's sockets are like the site's, and nobody beyond this host can reach them") {
    const test::Scratch scratch;
    const PreflightSockets made{paths(scratch), "shop", four()};
    const auto& sockets = made.sockets();
    REQUIRE(sockets.size() == 4);
    CHECK(sockets[0].name == "http");
    CHECK(sockets[1].name == "http");
    CHECK(sockets[2].name == "admin");
    CHECK(sockets[3].name == "six");
    CHECK(domain(sockets[0].fd.get()) == AF_INET6);
    CHECK(domain(sockets[1].fd.get()) == AF_UNIX);
    CHECK(domain(sockets[2].fd.get()) == AF_INET);
    CHECK(domain(sockets[3].fd.get()) == AF_INET6);
    CHECK(socket_name(sockets[0].fd.get()).starts_with("[::"));
    CHECK(socket_name(sockets[1].fd.get()) == (scratch / "run/baton/shop/preflight/sockets/1.sock").native());
    CHECK(socket_name(sockets[2].fd.get()).starts_with("127.0.0.1:"));
    for (const auto& [name, fd] : sockets) {
        CHECK_FALSE(has_waiting_connection(fd.get()));
        const auto connection = connect_to_listener(fd.get(), 1s);
        REQUIRE(connection);
        std::this_thread::sleep_for(5ms);
        CHECK(has_waiting_connection(fd.get()));
        const Fd accepted{::accept(fd.get(), nullptr, nullptr)};
        CHECK(accepted);
        CHECK_FALSE(has_waiting_connection(fd.get()));
    }
    CHECK(::shutdown(sockets[0].fd.get(), SHUT_RDWR) == 0);
    CHECK_FALSE(connect_to_listener(sockets[0].fd.get(), 100ms));
}

TEST_CASE("nothing is left of a preflight's sockets, nor of those of a killed deploy") {
    const test::Scratch scratch;
    const auto directory = scratch / "run/baton/shop/preflight";
    fs::create_directories(directory);
    std::ofstream{directory / "ask"} << "left";
    {
        const PreflightSockets made{paths(scratch), "shop", four()};
        CHECK(fs::is_socket(directory / "ask"));
    }
    CHECK_FALSE(fs::exists(directory));
    fs::remove_all(scratch / "run");
    std::ofstream{scratch / "run"} << "no directory";
    CHECK(test::error_of([&] {
              PreflightSockets{paths(scratch), "shop", four()};
          }).what() == fmt::format("making '{}' for a preflight of 'shop': Not a directory", directory.native()));
}

TEST_CASE(
    "baton-exec gets them if it is the release's main process, and the program finds them in place of the site's") {
    const test::Scratch scratch;
    PreflightSockets made{paths(scratch), "shop", four()};
    const auto environment = std::vector<std::string>{
        "BATON_PREFLIGHT_SOCKET=" + made.path().native(), "LISTEN_FDS=5", "LISTEN_FDNAMES=a:b:c:d:e",
        "BATON_ARGV=/bin/bash -c " +
            percent_encode(
                "echo $BATON_PREFLIGHT ${BATON_PREFLIGHT_SOCKET-none} $LISTEN_FDS; readlink /proc/self/fd/[3-7]")};
    std::string expected = "1 none 5\n";
    for (const auto& [name, fd] : made.sockets())
        expected += fs::read_symlink(fmt::format("/proc/self/fd/{}", fd.get())).native() + "\n";
    expected += "/dev/null\n"; // for one that baton does not know of
    const std::string script = "echo $$ > " + (scratch / "pid").native() +
                               "; exec 3</dev/null 4</dev/null 5</dev/null " +
                               "6</dev/null 7</dev/null; exec " BATON_EXEC;
    auto ended = std::async(std::launch::async, [&] { return test::run({"/bin/bash", "-c", script}, environment); });
    pollfd asked{made.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&asked, 1, 10'000) == 1);
    std::ifstream file{scratch / "pid"};
    std::uint32_t pid = 0;
    file >> pid;
    // Turned away at first, it asks again.
    CHECK(made.give_to([](pid_t) { return false; }) == static_cast<pid_t>(pid));
    REQUIRE(::poll(&asked, 1, 10'000) == 1);
    CHECK_FALSE(made.give_to([&](pid_t asks) { return asks == static_cast<pid_t>(pid); }));
    CHECK(made.are_given());
    CHECK(made.user() == ::getuid());
    const auto result = ended.get();
    CHECK_MESSAGE(result.out == expected, result.out << result.err);
    CHECK(result.status == 0);
}

TEST_CASE("a process is of the unit whose control group it is in, and of the manager that made that group") {
    std::ifstream file{"/proc/self/cgroup"};
    const std::string groups{std::istreambuf_iterator<char>{file}, {}};
    const auto own = groups.substr(groups.rfind('/', groups.rfind('\n') - 1) + 1);
    const auto name = own.substr(0, own.find('\n'));
    const bool is_users = groups.find("/user@") != groups.npos;
    const auto scope = is_users ? sd::Scope::user : sd::Scope::system;
    if (!name.empty()) CHECK(is_process_of(scope, name, ::getpid()));
    CHECK_FALSE(is_process_of(is_users ? sd::Scope::system : sd::Scope::user, name, ::getpid()));
    CHECK_FALSE(is_process_of(scope, "shop@1.service", ::getpid()));
    CHECK_FALSE(is_process_of(scope, name + "x", ::getpid()));
    CHECK_FALSE(is_process_of(scope, name, -1));
}

TEST_CASE("another process that asks for a preflight's sockets gets none") {
    const test::Scratch scratch;
    PreflightSockets made{paths(scratch), "shop", four()};
    const std::vector<std::string> environment{"BATON_PREFLIGHT_SOCKET=" + made.path().native(),
                                               "BATON_ARGV=/bin/true"};
    auto ended = std::async(std::launch::async, [&] { return test::run({BATON_EXEC}, environment); });
    pollfd asked{made.descriptor(), POLLIN, 0};
    int told = 0;
    while (ended.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
        if (::poll(&asked, 1, 10) == 1 && made.give_to([](pid_t asks) { return asks == 1; })) ++told;
    CHECK(told == 1);
    CHECK_FALSE(made.are_given());
    const auto result = ended.get();
    CHECK(result.status == 72);
    CHECK(result.err == fmt::format("baton-exec: taking the sockets of the preflight: receiving sockets from '{}': "
                                    "Connection reset by peer; without a preflight: \"Preflight\": false in "
                                    "watch.conf\n",
                                    made.path().native()));
}

} // namespace baton::deploy
