// SPDX-License-Identifier: MIT
// One HTTP request to a program that may send any reply: of any size, without end, or nothing at all. Bounded in time
// and memory; httplib's client is not, if a line or the headers never end.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace baton::deploy {

struct HttpReply {
    int status = 0;     ///< 0: no status arrived
    std::string body{}; ///< what arrived of the body
    std::string why{};  ///< why the status, or a part of the body, is missing
    std::string told{}; ///< if not 2xx: the reply's Location, or its body's first line; printable, at most 200 bytes
};

enum class Want {
    status,
    told, ///< the status; of a reply other than 2xx also its text, if that comes soon
    body
};

struct HttpQuestion {
    std::string_view method;
    std::string_view target;
    Want want;
    std::string_view host = "localhost";
    std::function<void()> while_waiting = {}; ///< called now and then; what it throws ends the wait
};

/// Sends one request on its own connection to the unix socket at `path`. Never throws for what the other side does.
[[nodiscard]] HttpReply ask_http(const std::filesystem::path& path, const HttpQuestion& question,
                                 std::chrono::microseconds limit);

/// The same on `connection`, a connected stream socket that does not block; -1: none.
[[nodiscard]] HttpReply ask_http(int connection, const HttpQuestion& question, std::chrono::microseconds limit);

} // namespace baton::deploy
