// SPDX-License-Identifier: MIT
// baton-exec, the program: it becomes what BATON_ARGV names, or says why it cannot and exits with 203.
#include "base/exec_status.hpp"
#include "base/fd.hpp"
#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <elf.h>
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
        "it is no program this machine can run (no ELF file for its architecture, no '#!' line)\n";
    constexpr auto k_missing = "it, or the loader it asks for, does not exist here\n";
    constexpr auto k_not_permitted = "this user may not execute it, or something on the way to it\n";

    CHECK(refusal(scratch / "missing") == k_missing);
    CHECK(refusal(program(scratch, "#!/nowhere/python3\n")) ==
          "the interpreter '/nowhere/python3' that its '#!' line names does not exist here\n");
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
