// SPDX-License-Identifier: MIT
#include "support/http.hpp"

#include "load/identity.hpp"
#include "load/target.hpp"

#include <httplib.h>

#include <fcntl.h>

#include <memory>

namespace machine {
namespace {

std::unique_ptr<httplib::Client> client(const std::string& address) {
    if (address.front() == '/') {
        auto unix_client = std::make_unique<httplib::Client>(address);
        unix_client->set_address_family(AF_UNIX);
        unix_client->set_default_headers({{"Host", "localhost"}}); // httplib would send the path, which is no host
        return unix_client;
    }
    const auto colon = address.rfind(':');
    const int port = std::stoi(address.substr(colon == address.npos ? 0 : colon + 1));
    auto host = colon == address.npos ? std::string{"127.0.0.1"} : address.substr(0, colon);
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    return std::make_unique<httplib::Client>(host, port);
}

} // namespace

Reply get(const std::string& address, const std::string& path, std::chrono::milliseconds limit) {
    const auto http = client(address);
    http->set_connection_timeout(limit);
    http->set_read_timeout(limit);
    http->set_write_timeout(limit);
    const auto answer = http->Get(path.c_str());
    if (!answer) return {0, httplib::to_string(answer.error()), {}, {}, {}};
    Reply reply{answer->status, {}, answer->body, {}, {}};
    if (const auto identity = baton::load::read_identity(reply.body)) {
        reply.ver = identity->ver;
        reply.pid = identity->pid;
    }
    return reply;
}

bool refuses(const std::string& address) {
    const baton::load::Target target{address};
    const auto socket = target.open();
    (void)::fcntl(socket.get(), F_SETFL, 0); // it shall wait for the outcome
    const int error = target.connect(socket.get());
    return error == ECONNREFUSED || error == ENOENT;
}

} // namespace machine
