// SPDX-License-Identifier: MIT
// A well-made service on libbaton, which fails when it is told to: --crash-after=MS and --exit-after=MS after its
// start.
// --start-after=MS: it takes so long to start. --leave-after=MS: so long to end, when it has finished what it had.
// --abort-at-end: it aborts when it has drained. --wait-at=FIFO: it starts when the FIFO ends. --exit-if=PATH: it does
// not start when that file exists. SIGUSR1: it exits with status 0. GET /hello; /gate?fifo=PATH (replies when the FIFO
// ends); /user; /open?path=P&write=1.
#include <baton/server.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

namespace {

using httplib::Request;
using httplib::Response;

std::string ver() {
    const char* const text = std::getenv("BATON_VER");
    return text == nullptr ? "" : text;
}

/// Returns when everybody who opened the FIFO for writing has closed it.
void wait_at(const std::string& path) {
    const int fifo = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 16> ignored{};
    while (fifo >= 0 && ::read(fifo, ignored.data(), ignored.size()) > 0) {
    }
    if (fifo >= 0) (void)::close(fifo);
}

void wait_at_the_gate(const Request& request, Response& response) {
    wait_at(request.get_param_value("fifo"));
    response.set_content("let go by " + ver(), "text/plain");
}

/// "ok", or why not.
void try_to_open(const Request& request, Response& response) {
    const int flags = request.has_param("write") ? O_WRONLY | O_CREAT : O_RDONLY;
    const int file = ::open(request.get_param_value("path").c_str(), flags | O_CLOEXEC, 0600);
    response.set_content(file < 0 ? std::strerror(errno) : "ok", "text/plain");
    if (file >= 0) (void)::close(file);
}

void tell_user(const Request&, Response& response) {
    response.set_content(std::to_string(::getuid()), "text/plain");
}

/// The value of OPTION=VALUE, null if `argument` is another one.
const char* value_of(const char* argument, std::string_view option) {
    return std::string_view{argument}.starts_with(option) ? argument + option.size() : nullptr;
}

template <typename Action>
void after(const char* milliseconds, Action what) {
    if (milliseconds == nullptr) return;
    const std::chrono::milliseconds time{std::atoi(milliseconds)};
    std::thread{[=] {
        std::this_thread::sleep_for(time);
        what();
    }}.detach();
}

} // namespace

int main(int argc, char** argv) {
    int leave_after = 0;
    bool aborts = false;
    for (int i = 1; i < argc; ++i) {
        if (const auto* fifo = value_of(argv[i], "--wait-at=")) wait_at(fifo);
        if (const auto* milliseconds = value_of(argv[i], "--start-after="))
            std::this_thread::sleep_for(std::chrono::milliseconds{std::atoi(milliseconds)});
        if (const auto* path = value_of(argv[i], "--exit-if="); path != nullptr && ::access(path, F_OK) == 0) return 9;
        if (const auto* milliseconds = value_of(argv[i], "--leave-after=")) leave_after = std::atoi(milliseconds);
        aborts = aborts || value_of(argv[i], "--abort-at-end") != nullptr;
        after(value_of(argv[i], "--crash-after="), [] {
            (void)std::fputs("shop: the database went away\n", stderr);
            std::abort();
        });
        after(value_of(argv[i], "--exit-after="), [] { std::_Exit(0); });
    }
    (void)std::signal(SIGUSR1, [](int) { ::_exit(0); });
    baton::Server server;
    const auto hello = R"({"message":"hello","ver":")" + ver() + R"(","pid":")" + std::to_string(::getpid()) + "\"}";
    server.Get("/hello", [=](const Request&, Response& response) { response.set_content(hello, "application/json"); });
    server.Get("/healthz", [](const Request&, Response& response) { response.set_content("ok\n", "text/plain"); });
    server.Get("/gate", wait_at_the_gate);
    server.Get("/open", try_to_open);
    server.Get("/user", tell_user);
    const int status = baton::run(server);
    std::this_thread::sleep_for(std::chrono::milliseconds{leave_after});
    if (aborts) std::abort();
    return status;
}
