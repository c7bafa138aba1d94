// SPDX-License-Identifier: MIT
// The engine's exclusive access to a Server: cpp-httplib's protected parts, in any version.
#pragma once

#include "base/fd.hpp"

#include <httplib.h>

#include <functional>

namespace baton {
class Server;
}

namespace baton::engine {

struct ServerState;

struct ServerAccess {
    [[nodiscard]] static ServerState& state(Server& server) noexcept;
    /// Calls httplib's process_request on `stream`; `set_up` gets the Request before it is routed. false: the reply is
    /// incomplete.
    [[nodiscard]] static bool process(Server& server, httplib::Stream& stream,
                                      const std::function<void(httplib::Request&)>& set_up);

    /// Whether httplib may find a file for the decoded `path`; it looks for a file before a route.
    [[nodiscard]] static bool may_be_file(const Server& server, const std::string& path);
    /// The program's argument of set_payload_max_length().
    [[nodiscard]] static std::size_t payload_limit(const Server& server) noexcept;

    /// Takes from httplib, or gives it, the socket that it treats as the listening one.
    [[nodiscard]] static Fd take_socket(Server& server) noexcept;
    static void give_socket(Server& server, Fd socket) noexcept;

  private:
    template <class Self>
    static bool call(Self& server, httplib::Stream& stream, const std::function<void(httplib::Request&)>& set_up);
};

} // namespace baton::engine
