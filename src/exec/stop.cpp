// SPDX-License-Identifier: MIT
// baton-stop: ExecStop= of a release whose program is a script. systemd sends SIGTERM only to the main process. A shell
// that waits for a child dies of it, and the server that it started is killed with its requests. So baton-stop first
// sends SIGTERM to that server. It leaves a main process that handles SIGTERM itself to systemd.
#include "base/fd.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using baton::Fd;

constexpr std::uint64_t k_term_bit = std::uint64_t{1} << (SIGTERM - 1U);

struct ProcessStatus {
    int parent = 0;
    bool sees_term = false; ///< it catches SIGTERM, or reads it from a descriptor
};

template <typename Number>
Number number_of(std::string_view text, int base = 10) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    Number number = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), number, base);
    return number;
}

/// proc_pid_status(5). A process that has ended gets no parent.
ProcessStatus status_of(int pid) {
    ProcessStatus status;
    std::ifstream lines{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(lines, line);) {
        const std::string_view text{line};
        if (text.starts_with("PPid:")) status.parent = number_of<int>(text.substr(5));
        if (text.starts_with("SigBlk:") || text.starts_with("SigCgt:"))
            status.sees_term = status.sees_term || (number_of<std::uint64_t>(text.substr(7), 16) & k_term_bit) != 0;
    }
    return status;
}

using Family = std::multimap<int, int>; ///< children by parent

Family all_processes() {
    Family family;
    const std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), ::closedir};
    for (const dirent* entry = nullptr; proc && (entry = ::readdir(proc.get())) != nullptr;)
        if (const int pid = number_of<int>(entry->d_name); pid > 0) family.emplace(status_of(pid).parent, pid);
    return family;
}

/// The nearest descendants that handle SIGTERM. Others, such as `tee` at the end of a pipe, end by themselves.
void find_servers(const Family& family, int parent, std::vector<int>& found) {
    const auto [begin, end] = family.equal_range(parent);
    for (auto child = begin; child != end; ++child)
        if (status_of(child->second).sees_term)
            found.push_back(child->second);
        else
            find_servers(family, child->second, found);
}

/// Sends SIGTERM; returns a handle on the process itself, even if its number is reused later.
Fd told_to_end(int pid) {
    Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
    const bool told =
        process && ::syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, static_cast<siginfo_t*>(nullptr), 0U) == 0;
    return told ? std::move(process) : Fd{};
}

void wait_for_end(const Fd& process) { // TimeoutStopSec= bounds it
    pollfd ended{process.get(), POLLIN, 0};
    while (process && ::poll(&ended, 1, -1) < 0) {
    }
}

} // namespace

int main() {
    const char* const text = std::getenv("MAINPID"); // systemd.exec(5)
    const int main_process = number_of<int>(text == nullptr ? "" : text);
    if (main_process <= 0 || status_of(main_process).sees_term) return 0;
    std::vector<int> servers;
    find_servers(all_processes(), main_process, servers);
    std::vector<Fd> told;
    for (const int server : servers)
        told.push_back(told_to_end(server));
    for (const auto& process : told)
        wait_for_end(process);
    return 0;
}
