// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace test {
namespace {

void must(bool succeeded, const char* doing) {
    if (!succeeded) throw std::runtime_error{doing};
}

} // namespace

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "libbaton-XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr, "making a directory");
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void TemporaryDirectory::write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
}

Program::Program(const TemporaryDirectory& directory, const ProgramSetup& setup)
    : notify_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    static std::atomic<int> count{0};
    notify_name_ = "libbaton-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    errors_ = directory.path() / (notify_name_ + ".err");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    notify_name_.copy(address.sun_path + 1, notify_name_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + notify_name_.size());
    must(::bind(notify_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0, "binding the notify socket");
    pid_ = ::fork();
    must(pid_ >= 0, "forking");
    if (pid_ == 0) become(directory, setup);
}

void Program::become(const TemporaryDirectory& directory, const ProgramSetup& setup) const {
    const int errors = ::open(errors_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)::dup2(errors, STDERR_FILENO);
    if (::chdir(directory.path().c_str()) != 0) ::_exit(126);
    (void)::signal(SIGINT, SIG_DFL); // whoever runs the tests in the background has it ignored
    std::vector<int> high;
    for (const int fd : setup.listeners)
        high.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, 200));
    for (std::size_t i = 0; i < high.size(); ++i)
        (void)::dup2(high[i], static_cast<int>(3 + i));
    (void)::setenv("NOTIFY_SOCKET", ("@" + notify_name_).c_str(), 1);
    if (!setup.listeners.empty()) {
        (void)::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        (void)::setenv("LISTEN_FDS", std::to_string(setup.listeners.size()).c_str(), 1);
    }
    for (const auto& [name, value] : setup.environment)
        (void)::setenv(name.c_str(), value.c_str(), 1);
    std::vector<std::string> words{BATON_HELLO};
    words.insert(words.end(), setup.arguments.begin(), setup.arguments.end());
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    (void)::execv(BATON_HELLO, argv.data());
    ::_exit(127);
}

Program::~Program() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
}

std::string Program::next_notification() const {
    pollfd wanted{.fd = notify_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, 10'000) <= 0) return "";
    char text[1024];
    const auto size = ::recv(notify_.get(), text, sizeof text, 0);
    return size < 0 ? "" : std::string{text, static_cast<std::size_t>(size)};
}

bool Program::notifies(const std::string& line) const {
    for (auto text = next_notification(); !text.empty(); text = next_notification())
        if (("\n" + text + "\n").find("\n" + line + "\n") != std::string::npos) return true;
    return false;
}

void Program::signal(int number) const {
    (void)::kill(pid_, number);
}

int Program::wait() {
    for (int i = 0; i < 1000; ++i) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        std::this_thread::sleep_for(10ms);
    }
    return -1;
}

std::string Program::errors() const {
    std::ostringstream text;
    text << std::ifstream{errors_}.rdbuf();
    return text.str();
}

baton::Fd listen_tcp(int domain, std::uint16_t& port) {
    baton::Fd fd{::socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    must(::listen(fd.get(), 1024) == 0, "listening"); // which binds to any port of any address
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    must(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "asking for the port");
    port = ntohs(address.sin6_port); // where sockaddr_in has it too
    return fd;
}

baton::Fd listen_unix(const std::string& path) {
    baton::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    must(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "binding");
    must(::listen(fd.get(), 1024) == 0, "listening");
    return fd;
}

} // namespace test
