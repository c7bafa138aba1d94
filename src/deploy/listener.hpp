// SPDX-License-Identifier: MIT
// The site's listener for the next release: the one there is, or, when HttpPort has changed, a second one beside it.
// The old address is not touched before the new release is live.
#pragma once

#include "deploy/context.hpp"

#include <string>

namespace baton::deploy {

/// Readies the unit files on construction; the destructor undoes that unless commit() was called. The start of the
/// release then starts the listener, by its Sockets=.
class Listener {
  public:
    /// `address` is the one that the next release asks for. Throws Error (rejected) when it cannot be had: taken, not
    /// permitted, not on this host.
    Listener(SiteContext& context, const site::Address& address);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Throws Error (rejected) unless systemd listens: call when the release has been started.
    void require_listening();
    /// The new release is live: the old address, if it is another one, is given up.
    void commit();

  private:
    void write(const site::Address& live_address, const site::Address& address);
    [[nodiscard]] std::string unit(const site::Address& address) const;

    SiteContext& context_;
    site::Address from_;
    site::Address to_;
    bool pending_ = false;
};

/// Brings the unit files back to the live release's address and stops any other listener: for after a killed deploy.
void restore_listener(SiteContext& context);

} // namespace baton::deploy
