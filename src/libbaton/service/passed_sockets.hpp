// SPDX-License-Identifier: MIT
// The sockets that systemd passed to this process, shared out among its servers: each socket is one server's.
#pragma once

#include "sd/inherited_sockets.hpp"

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace baton::service {

constexpr std::string_view k_http_name = "http"; ///< of the sockets of HttpPort in watch.conf

/// What a server asks for.
struct Claim {
    std::string name = {};   ///< Options::socket_name; empty: it asks for none by name
    std::string socket = {}; ///< baton::socket_name() of the address that it was told to listen on; empty: of none
};

class PassedSockets {
  public:
    /// `servers`: how many servers there are in this process. In this order:
    ///   by name               those of that name
    ///   the only server       all
    ///   by address            those that listen there, or on that port; with one that is "http", all of that name
    ///   else                  those named "http", which HttpPort of watch.conf has; where none is, all that are left
    /// None when systemd passed none, or others have them. Throws Error when none has the name that is asked for.
    [[nodiscard]] std::vector<sd::InheritedSocket> take(const Claim& claim, int servers);
    /// Whether one of those that were passed is named "http": the others are beside what the site is asked for.
    [[nodiscard]] bool have_http();
    /// "'admin', 'web'"; empty when each has its server.
    [[nodiscard]] std::string left();

    /// Takes what was passed when it is first asked.
    PassedSockets() = default;
    explicit PassedSockets(std::vector<sd::InheritedSocket> passed);
    [[nodiscard]] static PassedSockets& of_process();

  private:
    void look();
    template <class Is>
    std::vector<sd::InheritedSocket> take_if(Is is);

    std::mutex mutex_;
    bool has_looked_ = false;
    std::vector<sd::InheritedSocket> sockets_; ///< that no server has
    std::vector<std::string> names_;           ///< of all that were passed
};

} // namespace baton::service
