// SPDX-License-Identifier: MIT
#include "bad_health.hpp"

#include "base/fd.hpp"
#include "sd/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

using baton::Fd;

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Fd listen_privately() {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const auto path = environment("BATON_PRIVATE_SOCKET");
    (void)path.copy(name.sun_path, sizeof name.sun_path - 1);
    Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const bool listens = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 &&
                         ::listen(listener.get(), 16) == 0;
    return listens ? std::move(listener) : Fd{};
}

std::string head_of(int connection) {
    std::string head;
    std::array<char, 4096> buffer{};
    while (head.find("\r\n\r\n") == head.npos) {
        const auto n = ::read(connection, buffer.data(), buffer.size());
        if (n <= 0) break;
        head.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return head;
}

void answer(int connection, const std::string& status, const std::string& body) {
    const auto text = "HTTP/1.1 " + status + " x\r\nLocation: /elsewhere\r\nConnection: close\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body;
    (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

void serve(const Fd& connection, const std::string& reply) {
    const auto head = head_of(connection.get());
    if (head.find("/.baton/state") != head.npos)
        answer(connection.get(), "200",
               R"({"release":")" + environment("BATON_RELEASE") + R"(","pid":")" + std::to_string(::getpid()) +
                   R"(","state":"serving"})");
    else if (reply == "hang")
        for (;;)
            (void)::pause();
    else if (reply == "trickle")
        while (::send(connection.get(), "H", 1, MSG_NOSIGNAL) == 1)
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
    else if (reply != "close")
        answer(connection.get(), reply, "not well\n");
}

} // namespace

int answer_badly(const char* reply) {
    const auto listener = listen_privately();
    if (!listener) return 1;
    (void)baton::sd::notify("READY=1");
    for (;;) { // a thread each: one may hang
        Fd connection{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        std::thread{serve, std::move(connection), std::string{reply}}.detach();
    }
}
