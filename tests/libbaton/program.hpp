// SPDX-License-Identifier: MIT
// baton-hello as systemd starts it: sockets from descriptor 3 on, LISTEN_*, NOTIFY_SOCKET, its own directory.
#pragma once

#include "client.hpp"

#include "base/fd.hpp"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace test {

/// A directory under /tmp that is removed with it.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

struct ProgramSetup {
    std::vector<int> listeners = {};
    std::vector<std::string> arguments = {};
    std::map<std::string, std::string> environment = {};
};

class Program {
  public:
    /// Starts it in `directory`. Throws std::runtime_error.
    Program(const TemporaryDirectory& directory, const ProgramSetup& setup);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// The next message to the service manager; "" after ten seconds.
    [[nodiscard]] std::string next_notification() const;
    /// Whether a message with `line` comes within ten seconds; others are skipped.
    [[nodiscard]] bool notifies(const std::string& line) const;
    void signal(int number) const;
    /// Its exit status, or 128 and the signal; -1 after ten seconds.
    int wait();
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// What it has written to stderr; complete after wait().
    [[nodiscard]] std::string errors() const;

  private:
    [[noreturn]] void become(const TemporaryDirectory& directory, const ProgramSetup& setup) const;

    baton::Fd notify_;
    std::string notify_name_;
    std::filesystem::path errors_;
    pid_t pid_ = -1;
};

/// Listening sockets with a backlog, of which PID 1's copy is the caller's. Throws std::runtime_error.
baton::Fd listen_tcp(int domain, std::uint16_t& port);
baton::Fd listen_unix(const std::string& path);

} // namespace test
