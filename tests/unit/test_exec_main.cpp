// SPDX-License-Identifier: MIT
// baton-exec, the program: it becomes what BATON_ARGV names, or says why it cannot and exits with 203.
#include "base/exec_status.hpp"
#include "base/fd.hpp"
#include "base/percent.hpp"
#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <elf.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace baton::test {
namespace {

namespace fs = std::filesystem;

constexpr int k_exit_exec = 203; // EXIT_EXEC, systemd.exec(5)

Ended baton_exec(const std::string& argv) {
    return run({BATON_EXEC}, {"BATON_ARGV=" + argv, "OTHER=kept"});
}

fs::path program(const Scratch& scratch, std::string_view content, unsigned mode = 0755) {
    auto path = scratch.write("program", content);
    fs::permissions(path, fs::perms{mode});
    return path;
}

TEST_CASE("arguments with blanks, newlines and nothing in them arrive whole") {
    const auto ended = baton_exec("/usr/bin/printf %5B%25s%5D a%20b % x%0Ay %25");
    CHECK(ended.status == 0);
    CHECK(ended.out == "[a b][][x\ny][%]");
    CHECK(ended.err.empty());
}

TEST_CASE("the program's exit status is the program's") {
    CHECK(baton_exec("/bin/sh -c exit%207").status == 7);
}

TEST_CASE("the program's environment is the unit's, without what was for baton-exec alone") {
    CHECK(baton_exec("/usr/bin/env").out == "OTHER=kept\n");
}

TEST_CASE("without a program to become it says what is missing") {
    constexpr auto k_message = "baton-exec: $BATON_ARGV names no program; baton's release units set it\n";
    for (const auto& ended : {run({BATON_EXEC}, {"OTHER=1"}), baton_exec(""), baton_exec("/bin/true %zz")}) {
        CHECK(ended.status == k_exit_exec);
        CHECK(ended.err == k_message);
        CHECK(ended.out.empty());
    }
}

TEST_CASE("a release to which systemd passed no listening socket is not run, and says what to type") {
    const std::vector<std::string> unit{"BATON_ARGV=/bin/true", "BATON_PRIVATE_SOCKET=/run/x", "BATON_SITE=shop"};
    auto passed = unit;
    passed.emplace_back("LISTEN_FDS=1");
    CHECK(run({BATON_EXEC}, passed).status == 0);
    const auto ended = run({BATON_EXEC}, unit);
    CHECK(ended.status == k_exit_no_socket);
    CHECK(ended.err == "baton-exec: systemd passed no listening socket: systemctl restart shop\n");
}

/// A listening socket that a child inherits, as `descriptor`.
struct Listening {
    Fd fd;
    std::string inode; ///< what /proc/PID/fd/N shows
    std::string port;

    explicit Listening(const char* host) : fd{::socket(AF_INET, SOCK_STREAM, 0)} {
        fd.reset(::fcntl(fd.get(), F_DUPFD, 100)); // out of the way of those that the child gets
        sockaddr_in name{};
        name.sin_family = AF_INET;
        REQUIRE(::inet_pton(AF_INET, host, &name.sin_addr) == 1);
        socklen_t size = sizeof name;
        auto* const raw = reinterpret_cast<sockaddr*>(&name);
        REQUIRE((::bind(fd.get(), raw, size) == 0 && ::listen(fd.get(), 16) == 0));
        REQUIRE(::getsockname(fd.get(), raw, &size) == 0);
        port = std::to_string(ntohs(name.sin_port));
        inode = fs::read_symlink("/proc/self/fd/" + std::to_string(fd.get())).native();
    }
};

/// baton-exec with these as descriptors 3 and on; it runs `script`.
Ended with_sockets(const std::vector<const Listening*>& sockets, std::vector<std::string> environment,
                   const std::string& script) {
    std::string redirections;
    for (std::size_t i = 0; i < sockets.size(); ++i)
        redirections += " " + std::to_string(3 + i) + "<&" + std::to_string(sockets[i]->fd.get());
    environment.push_back("LISTEN_FDS=" + std::to_string(sockets.size()));
    environment.push_back("BATON_ARGV=/bin/sh -c " + percent_encode(script));
    return run({"/bin/bash", "-c", "exec" + redirections + "; exec " BATON_EXEC}, environment);
}

TEST_CASE("sockets come in watch.conf's order and under its names, whatever systemd's were") {
    const Listening one{"127.0.0.1"};
    const Listening all{"0.0.0.0"};
    const Listening more{"127.0.0.1"};
    const std::string show = "readlink /proc/$$/fd/3 /proc/$$/fd/4 /proc/$$/fd/5; echo $LISTEN_FDNAMES";
    const auto wanted = "BATON_SOCKETS=http=" + all.port + " admin=127.0.0.1:" + one.port; // all: a host without IPv6
    const auto in_order = all.inode + "\n" + one.inode + "\n" + more.inode + "\n";
    CHECK(with_sockets({&more, &one, &all}, {wanted, "LISTEN_FDNAMES=mine:http:http"}, show).out ==
          in_order + "http:admin:mine\n");
    CHECK(with_sockets({&one, &more, &all}, {wanted, "LISTEN_FDNAMES=http:mine:web"}, show).out ==
          in_order + "web:admin:mine\n"); // FileDescriptorName= of somebody's
    CHECK(with_sockets({&more, &one, &all}, {wanted, "LISTEN_FDNAMES=s@127.0.0.1:81.socket:x:http"}, show).out ==
          in_order + "http:admin:http\n"); // names that cannot be told apart
    CHECK(with_sockets({&one}, {"LISTEN_FDNAMES=a"}, "echo $LISTEN_FDNAMES $BATON_SOCKETS").out == "a\n");
}

TEST_CASE("a site that asks for it has the first socket as standard input as well") {
    const Listening one{"127.0.0.1"};
    const Listening two{"127.0.0.2"};
    const auto script = "readlink /proc/self/fd/0 /proc/self/fd/3; echo ${BATON_STANDARD_INPUT-none}";
    const std::vector<std::string> sockets{"BATON_SOCKETS=http=127.0.0.2:" + two.port + " a=127.0.0.1:" + one.port};
    auto asked = sockets;
    asked.emplace_back("BATON_STANDARD_INPUT=socket");
    CHECK(with_sockets({&one, &two}, asked, script).out == two.inode + "\n" + two.inode + "\nnone\n");
    CHECK(with_sockets({&one, &two}, sockets, "readlink /proc/self/fd/0").out != two.inode + "\n");
}

TEST_CASE("a release of which systemd passed one socket too few is not run, and says which") {
    const Listening one{"127.0.0.1"};
    const auto ended =
        with_sockets({&one}, {"BATON_SOCKETS=http=127.0.0.1:" + one.port + " admin=81", "BATON_SITE=shop"}, "true");
    CHECK(ended.status == k_exit_no_socket);
    CHECK(ended.err == "baton-exec: systemd passed no listening socket for admin=81: systemctl restart shop\n");
}

TEST_CASE("a socket of every address is each of those that are on it, once, and lets through what is for them alone") {
    const Listening all{"0.0.0.0"};
    const auto wanted = fmt::format("BATON_SOCKETS=http=127.0.0.1:{0} http=127.0.0.3:{0}", all.port);
    const auto start = [&](const std::string& options) {
        const auto ended = with_sockets({&all}, {wanted, "BATON_SOCKET_OPTIONS=" + options}, "echo $LISTEN_FDNAMES");
        CHECK(ended.out == "http\n");
        CHECK(ended.err.empty());
    };
    const auto connects = [&](const char* host) {
        const Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<std::uint16_t>(std::stoi(all.port)));
        REQUIRE(::inet_pton(AF_INET, host, &name.sin_addr) == 1);
        (void)::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
        pollfd ready{client.get(), POLLOUT, 0};
        return ::poll(&ready, 1, 200) == 1; // on this host it is done at once
    };
    start(fmt::format("only=127.0.0.1,backlog=16,only=127.0.0.3@0.0.0.0:{}", all.port));
    CHECK((connects("127.0.0.1") && !connects("127.0.0.2") && connects("127.0.0.3")));
    start(fmt::format("only=0.0.0.0@{}", all.port)); // a host without IPv6
    CHECK((connects("127.0.0.1") && connects("127.0.0.2")));
    start("only=::1@" + all.port);
    CHECK_FALSE(connects("127.0.0.1"));
    start("only=127.0.0.2@81"); // of none that it has
    CHECK((connects("127.0.0.1") && connects("127.0.0.2")));
    const auto ended =
        with_sockets({&all}, {"BATON_PRIVATE_SOCKET=-", "BATON_SOCKET_OPTIONS=only=nowhere@" + all.port}, "true");
    CHECK(ended.status == k_exit_no_socket);
    CHECK(ended.err == "baton-exec: the filter of the socket 0.0.0.0:" + all.port +
                           " (Invalid argument) cannot be set: systemctl stop , then start\n");
}

TEST_CASE("a socket that was shut down does not listen again by an option that is set on it") {
    const Listening one{"127.0.0.1"};
    REQUIRE(::shutdown(one.fd.get(), SHUT_RDWR) == 0);
    const auto ended = with_sockets({&one}, {"BATON_SOCKET_OPTIONS=backlog=7@127.0.0.1:" + one.port}, "true");
    CHECK(ended.err == "baton-exec: setting 'backlog=7' for the socket '127.0.0.1:" + one.port +
                           "': Invalid argument, continuing without it\n");
    int listens = 1;
    socklen_t size = sizeof listens;
    REQUIRE(::getsockopt(one.fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0);
    CHECK(listens == 0);
}

TEST_CASE("options that were set since a socket was made are set on it, and one that cannot be is told") {
    const Listening one{"127.0.0.1"};
    const auto value = [&](int level, int option) {
        int got = -1;
        socklen_t size = sizeof got;
        REQUIRE(::getsockopt(one.fd.get(), level, option, &got, &size) == 0);
        return got;
    };
    const auto set = [&](const std::string& options) {
        const auto word = options + "@127.0.0.1:" + one.port;
        return with_sockets({&one}, {"BATON_SOCKET_OPTIONS=backlog=1@81 " + word},
                            "exit $(($(env | grep -c OPTIONS)))");
    };
    REQUIRE(value(IPPROTO_TCP, TCP_NODELAY) == 0);
    CHECK(set("no_delay=0").status == 0);
    CHECK(value(IPPROTO_TCP, TCP_NODELAY) == 0);
    CHECK(with_sockets({&one}, {}, "exit 0").status == 0);
    CHECK(value(IPPROTO_TCP, TCP_NODELAY) == 1); // baton's default, as NoDelay=yes of the first listener
    auto ended = set("backlog=7,keep_alive=1,keep_alive_time=33,no_delay=1,ip_ttl=9");
    CHECK(ended.status == 0);
    CHECK(ended.err.empty());
    CHECK(value(SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(value(IPPROTO_TCP, TCP_KEEPIDLE) == 33);
    CHECK(value(IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(value(IPPROTO_IP, IP_TTL) == 9);
    tcp_info info{};
    socklen_t size = sizeof info;
    REQUIRE(::getsockopt(one.fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    CHECK(info.tcpi_sacked == 7); // of one that listens: the queue's length, as `ss -l` has it
    ended = set("keep_alive=0,ip_ttl=999,of_a_newer_baton=1");
    CHECK(ended.status == 0);
    CHECK(value(SOL_SOCKET, SO_KEEPALIVE) == 0);
    CHECK(ended.err == "baton-exec: setting 'ip_ttl=999' for the socket '127.0.0.1:" + one.port +
                           "': Invalid argument, continuing without it\n"
                           "baton-exec: setting 'of_a_newer_baton=1' for the socket '127.0.0.1:" +
                           one.port + "': Invalid argument, continuing without it\n");
}

TEST_CASE("systemd is told that the program is executed, and not when it is not") {
    const Scratch scratch;
    const auto path = (scratch / "notify").native();
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof name.sun_path);
    std::copy(path.begin(), path.end(), name.sun_path);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    const auto heard = [&] {
        std::array<char, 100> text{};
        const auto size = ::recv(socket.get(), text.data(), text.size(), 0);
        return std::string{text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    };
    CHECK(run({BATON_EXEC}, {"NOTIFY_SOCKET=" + path}).status == k_exit_exec);
    CHECK(heard().empty());
    CHECK(run({BATON_EXEC}, {"NOTIFY_SOCKET=" + path, "BATON_ARGV=/bin/true"}).status == 0);
    CHECK(heard() == "STATUS=" + std::string{k_started_status});
}

TEST_CASE("a release is run that the link names, or that a deploy starts which still runs, and no other") {
    const Scratch scratch;
    const auto link = scratch / "live";
    const auto ended_of = [&](const std::string& release, const std::string& hold) {
        return run({BATON_EXEC}, {"BATON_ARGV=/bin/true", "BATON_LIVE=" + link.native(), "BATON_SITE=shop",
                                  "BATON_RELEASE=" + release, "BATON_HOLD=" + hold});
    };
    constexpr int k_not_run = 69;       // EX_UNAVAILABLE, sysexits(3)
    const std::string dead = "4194305"; // the kernel's PID_MAX_LIMIT is one less
    const auto ours = std::to_string(::getpid());
    CHECK(ended_of("7", "").status == 0); // no release is live
    fs::create_symlink("releases/7", link);
    CHECK(ended_of("7", "").status == 0);
    CHECK(ended_of("7", dead).status == 0);
    CHECK(ended_of("17", ours).status == 0);
    for (const auto& hold : {std::string{}, dead, std::string{"0"}, std::string{"-1"}, std::string{"x"}}) {
        const auto ended = ended_of("17", hold);
        CHECK(ended.status == k_not_run);
        CHECK(ended.err == "baton-exec: release 17 of shop is not live, and is not run: baton status shop\n");
    }
}

TEST_CASE("a program that cannot be executed is 203 and a reason") {
    const Scratch scratch;
    const auto refusal = [&](const fs::path& path) {
        const auto ended = baton_exec(path);
        CHECK(ended.status == k_exit_exec);
        const auto beginning = "baton-exec: executing '" + path.native() + "': ";
        REQUIRE(ended.err.starts_with(beginning));
        return ended.err.substr(beginning.size());
    };
    constexpr auto k_no_program =
        "it is not a program that this machine can run (no ELF file for its architecture, no '#!' line)\n";
    constexpr auto k_missing = "it, or the loader that it needs, does not exist here\n";
    constexpr auto k_not_permitted = "this user may not execute it, or may not search a directory in its path\n";

    CHECK(refusal(scratch / "missing") == k_missing);
    CHECK(refusal(program(scratch, "#!/nowhere/python3\n")) ==
          "the interpreter '/nowhere/python3' in its '#!' line does not exist here\n");
    CHECK(refusal(program(scratch, "#!/bin/sh\r\necho\r\n"))
              .starts_with("its '#!' line names '/bin/sh\\r', with a carriage return at its end"));
    CHECK(refusal(program(scratch, "no program at all\n")) == k_no_program);
    CHECK(refusal(program(scratch, "")) == k_no_program);
    auto elf = content_of(BATON_EXEC);
    elf.at(offsetof(Elf64_Ehdr, e_machine)) = static_cast<char>(EM_S390);
    elf.at(offsetof(Elf64_Ehdr, e_machine) + 1) = 0;
    CHECK(refusal(program(scratch, elf)) == k_no_program);
    CHECK(refusal(program(scratch, elf.substr(0, 30))) == k_no_program);
    CHECK(refusal(program(scratch, "#!/bin/sh\n", 0644)) == k_not_permitted);
    CHECK(refusal(scratch.path()) == k_not_permitted);
}

} // namespace
} // namespace baton::test
