// SPDX-License-Identifier: MIT
// Unmodified cpp-httplib, for comparison; with TCP_NODELAY and endless keep-alive, without which it answers 300 a
// second.
#include <httplib.h>

#include <unistd.h>

#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) return 2; // PORT THREADS
    httplib::Server server;
    const auto threads = static_cast<std::size_t>(std::atoi(argv[2]));
    server.new_task_queue = [threads] { return new httplib::ThreadPool{threads}; };
    server.set_tcp_nodelay(true).set_keep_alive_max_count(1'000'000'000);
    const auto body = R"({"message":"hello","pid":")" + std::to_string(::getpid()) + R"(","ver":"1"})";
    server.Get("/hello", [&](const httplib::Request&, httplib::Response& response) {
        response.set_content(body, "application/json");
    });
    return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
