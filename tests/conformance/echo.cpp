// SPDX-License-Identifier: MIT
// The server for tools/conformance: reports the request that it saw, and returns its body. On baton or stock httplib.
#ifdef ON_BATON
#include <baton/server.hpp>
using Tested = baton::Server;
#else
#include <httplib.h>
using Tested = httplib::Server;
#endif

#include <cstdlib>

namespace {

void echo(const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.body, "application/octet-stream");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Tested server;
    server.set_keep_alive_max_count(1000);
    server.set_tcp_nodelay(true);
    // Stock httplib holds a thread for each connection, and some are kept open.
    server.new_task_queue = [] { return new httplib::ThreadPool(64); };
    server.Get(".*", echo).Post(".*", echo).Put(".*", echo).Patch(".*", echo).Delete(".*", echo).Options(".*", echo);
    server.set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
        if (response.status == 200) response.set_header("X-Seen", request.method + " " + request.path);
    });
    return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
