// SPDX-License-Identifier: MIT
// A web service for plain cpp-httplib. counter_baton.cpp is the same program with two lines changed.
#include <httplib.h>

#include <atomic>
#include <string>

int main() {
    httplib::Server server;
    std::atomic<int> count{0};
    server.Get("/count", [&](const httplib::Request&, httplib::Response& response) {
        response.set_content(std::to_string(++count) + "\n", "text/plain");
    });
    server.Get(R"(/greet/(\w+))", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content("hello " + std::string{request.matches[1]} + "\n", "text/plain");
    });
    server.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content(request.body, "text/plain");
    });
    return server.listen("0.0.0.0", 8080) ? 0 : 1;
}
