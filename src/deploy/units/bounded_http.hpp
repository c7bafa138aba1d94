// SPDX-License-Identifier: MIT
// One question over HTTP to a program that may answer anything: of any size, without end, or nothing at all. Bounded in
// time and in memory; httplib's client is not, for a line, or headers, that never end.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace baton::deploy {

struct HttpReply {
    int status = 0;     ///< 0: none came
    std::string body{}; ///< what came of it
    std::string why{};  ///< there is no status, or not all of the body
    std::string told{}; ///< of one that is no 2xx: its Location, or its body's first line; at most 200 bytes, printable
};

enum class Want {
    status,
    told, ///< the status, and of one that is no 2xx what it says, if that comes soon
    body
};

struct HttpQuestion {
    std::string_view method;
    std::string_view target;
    Want want;
    std::string_view host = "localhost";
};

/// Asks once, on a connection of its own to the unix socket at `path`, and throws nothing for what the other side does.
[[nodiscard]] HttpReply ask_http(const std::filesystem::path& path, const HttpQuestion& question,
                                 std::chrono::microseconds limit);

} // namespace baton::deploy
