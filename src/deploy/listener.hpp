// SPDX-License-Identifier: MIT
// The site's listener for the next release: the one there is, or, when HttpPort has changed, a second one beside it.
// The old address is not touched before the new release is live.
#pragma once

#include "deploy/context.hpp"

#include <optional>
#include <string>

namespace baton::deploy {

/// Readies the listener on construction; the destructor undoes that unless commit() was called.
class Listener {
  public:
    /// Brings the unit files up to date and, for a new address, binds it first. Throws Error (rejected) when that
    /// cannot be done: taken, not permitted, not on this host. `address` is the one that the next release asks for.
    Listener(SiteContext& context, const site::Address& address);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// The new release is live: the old address, if it is another one, is given up.
    void commit();

  private:
    void move();
    void write(const site::Address& address);

    SiteContext& context_;
    site::Address from_;
    site::Address to_;
    bool pending_ = false;
};

/// Brings the unit files back to the live release's address and stops any other listener: for after a killed deploy.
void restore_listener(SiteContext& context);

} // namespace baton::deploy
