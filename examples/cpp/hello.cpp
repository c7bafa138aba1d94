// SPDX-License-Identifier: MIT
// A web service on libbaton: cpp-httplib's routes; socket, readiness, hold and drain are the library's.
#include <baton/server.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

int main() {
    // The working directory is the site's, as this release has it.
    std::ifstream file{"watch.conf"};
    const auto ver = nlohmann::json::parse(file).at("Ver").get<std::string>();

    baton::Server server;
    server.Get("/hello", [&](const httplib::Request&, httplib::Response& response) {
        const nlohmann::json reply{{"message", "hello"}, {"ver", ver}, {"pid", std::to_string(::getpid())}};
        response.set_content(reply.dump() + "\n", "application/json");
    });
    server.Post("/upload", [](const httplib::Request&, httplib::Response& response, const httplib::ContentReader& read) {
        std::size_t length = 0;
        const auto take = [&](const char*, std::size_t size) {
            length += size;
            return true;
        };
        if (!read(take)) return; // libbaton says what was wrong
        response.set_content(nlohmann::json{{"length", length}}.dump() + "\n", "application/json");
    });
    server.Get("/slow", [](const httplib::Request& request, httplib::Response& response) {
        std::this_thread::sleep_for(std::chrono::milliseconds{std::atoi(request.get_param_value("ms").c_str())});
        response.set_content("{}\n", "application/json");
    });
    server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    return server.listen("0.0.0.0", 8080) ? 0 : 1; // prefers systemd's socket
}
