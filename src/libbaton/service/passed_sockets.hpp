// SPDX-License-Identifier: MIT
// The sockets that systemd passed to this process, distributed among its servers: each socket belongs to one server.
#pragma once

#include "sd/inherited_sockets.hpp"

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace baton::service {

/// What a server asks for.
struct Claim {
    std::string name = {};   ///< Options::socket_name; empty: no name requested
    std::string socket = {}; ///< baton::socket_name() of the address that it was told to listen on; empty: none
};

class PassedSockets {
  public:
    /// `servers`: the number of servers in this process. The rules, in this order:
    /// by name               the sockets of that name
    ///   the only server       all
    /// by address            those that listen there or on that port; if one is named "http", all of that name
    /// else                  those named "http", from HttpPort of watch.conf; if there are none, all that are left
    /// None if systemd passed none, or other servers have them. Throws Error if no free socket has the requested name.
    [[nodiscard]] std::vector<sd::InheritedSocket> take(const Claim& claim, int servers);
    /// Whether a passed socket is named "http": the others are then additional to the site's main sockets.
    [[nodiscard]] bool have_http();
    /// The sockets without a server, "'admin', 'web'"; empty: none.
    [[nodiscard]] std::string left();

    /// Takes the passed sockets on first use.
    PassedSockets() = default;
    explicit PassedSockets(std::vector<sd::InheritedSocket> passed);
    [[nodiscard]] static PassedSockets& of_process();

  private:
    void look();
    template <class Is>
    std::vector<sd::InheritedSocket> take_if(Is is);

    std::mutex mutex_;
    bool has_looked_ = false;
    std::vector<sd::InheritedSocket> sockets_; ///< sockets without a server
    std::vector<std::string> names_;           ///< the names of all passed sockets
};

} // namespace baton::service
