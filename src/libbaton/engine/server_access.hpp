// SPDX-License-Identifier: MIT
// What the engine may do to a Server and nobody else: cpp-httplib's protected parts, whatever its version.
#pragma once

#include <httplib.h>

#include <functional>

namespace baton {
class Server;
}

namespace baton::engine {

struct ServerState;

struct ServerAccess {
    [[nodiscard]] static ServerState& state(Server& server) noexcept;
    /// Puts our hooks round the program's. Once, before the first request.
    static void install_hooks(Server& server);
    /// httplib's process_request on `stream`; `set_up` gets the Request before it is routed. false: the reply is not
    /// whole.
    [[nodiscard]] static bool process(Server& server, httplib::Stream& stream,
                                      const std::function<void(httplib::Request&)>& set_up);

    /// What the program set by set_payload_max_length().
    [[nodiscard]] static std::size_t payload_limit(const Server& server) noexcept;

  private:
    template <class Self>
    static bool call(Self& server, httplib::Stream& stream, const std::function<void(httplib::Request&)>& set_up);
};

} // namespace baton::engine
