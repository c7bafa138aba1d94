// SPDX-License-Identifier: MIT
// Two servers in one process, as in a program that keeps its administration off the site's address: the public one and,
// started first, one for the socket "admin" of Listen. GET /hello on each tells which it is. Both are like httplib
// programs, and exit when both have drained.
#include <baton/server.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

namespace {

void add_hello(baton::Server& server, const std::string& which) {
    server.Get("/hello", [which](const httplib::Request&, httplib::Response& response) {
        const char* const ver = std::getenv("BATON_VER");
        response.set_content(R"({"message":")" + which + R"(","ver":")" + (ver == nullptr ? "" : ver) + R"(","pid":")" +
                                 std::to_string(::getpid()) + "\"}",
                             "application/json");
    });
}

} // namespace

int main() {
    baton::Server site;
    baton::Server admin;
    add_hello(site, "site");
    add_hello(admin, "admin");
    site.Get("/healthz", [](const auto&, auto& response) { response.set_content("ok", "text/plain"); });
    int status = 0;
    std::thread beside{[&] { status = baton::run(admin, {.socket_name = "admin"}); }};
    const int of_site = baton::run(site);
    beside.join();
    return of_site != 0 ? of_site : status;
}
