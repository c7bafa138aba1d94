// SPDX-License-Identifier: MIT
// What the engine may do to a Server and nobody else: cpp-httplib's protected parts, whatever its version.
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
    /// httplib's process_request on `stream`; `set_up` gets the Request before it is routed. false: the reply is not
    /// whole.
    [[nodiscard]] static bool process(Server& server, httplib::Stream& stream,
                                      const std::function<void(httplib::Request&)>& set_up);

    /// Whether httplib may find a file for `path`, decoded; it looks for one before it looks for a route.
    [[nodiscard]] static bool may_be_file(const Server& server, const std::string& path);
    /// What the program set by set_payload_max_length().
    [[nodiscard]] static std::size_t payload_limit(const Server& server) noexcept;

    /// The socket that httplib takes for the listening one, out of its hands and into them.
    [[nodiscard]] static Fd take_socket(Server& server) noexcept;
    static void give_socket(Server& server, Fd socket) noexcept;

  private:
    template <class Self>
    static bool call(Self& server, httplib::Stream& stream, const std::function<void(httplib::Request&)>& set_up);
};

} // namespace baton::engine
