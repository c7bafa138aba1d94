// SPDX-License-Identifier: MIT
#include "pursuer.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

namespace history {
namespace {

/// /proc/locks names a file by its inode alone for sure, and another file system may have the same number.
bool has_open(pid_t pid, const std::filesystem::path& file) {
    std::error_code error;
    for (const auto& fd : std::filesystem::directory_iterator{fmt::format("/proc/{}/fd", pid), error}) {
        std::error_code gone;
        if (std::filesystem::read_symlink(fd.path(), gone) == file) return true;
    }
    return false;
}

/// Who holds a flock(2) of the file, by /proc/locks; proc_locks(5). 0: nobody.
pid_t holder(const std::filesystem::path& lock) {
    struct stat st = {};
    if (::stat(lock.c_str(), &st) != 0) return 0;
    std::ifstream locks{"/proc/locks"};
    for (std::string line; std::getline(locks, line);) {
        std::istringstream words{line};
        std::string number, kind, how, mode, file;
        pid_t pid = 0;
        words >> number >> kind >> how >> mode >> pid >> file;
        if (kind == "FLOCK" && pid > 0 && file.ends_with(fmt::format(":{}", st.st_ino)) && has_open(pid, lock))
            return pid;
    }
    return 0;
}

std::vector<pid_t> children(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{0}/task/{0}/children", pid)};
    std::vector<pid_t> all;
    for (pid_t child = 0; file >> child;)
        all.push_back(child);
    return all;
}

} // namespace

std::vector<pid_t> kill_pursuer(const std::filesystem::path& lock, bool all) {
    const auto pid = holder(lock);
    if (pid == 0) return {};
    const auto left = children(pid);
    if (all)
        for (const auto child : left)
            (void)::kill(child, SIGKILL);
    (void)::kill(pid, SIGKILL);
    return left;
}

} // namespace history
