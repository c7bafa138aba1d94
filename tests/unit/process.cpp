// SPDX-License-Identifier: MIT
#include "process.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace baton::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& word : words)
        out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

} // namespace

Ended run(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    const Scratch scratch;
    const auto out = scratch / "out";
    const auto err = scratch / "err";
    auto words = argv;
    auto variables = environment;
    posix_spawn_file_actions_t actions{};
    REQUIRE(::posix_spawn_file_actions_init(&actions) == 0);
    constexpr int k_flags = O_WRONLY | O_CREAT | O_TRUNC;
    REQUIRE(::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0);
    REQUIRE(::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), k_flags, 0600) == 0);
    REQUIRE(::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), k_flags, 0600) == 0);
    pid_t pid = -1;
    const auto error = ::posix_spawnp(&pid, words.front().c_str(), &actions, nullptr, pointers(words).data(),
                                      environment.empty() ? environ : pointers(variables).data());
    (void)::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(error == 0);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(out), content_of(err)};
}

} // namespace baton::test
