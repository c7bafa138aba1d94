// SPDX-License-Identifier: MIT
// Holds a release that starts off the shared listener until it is to take over: a release that turns out to be bad has
// then not touched one request, and no connection made after the new one answers goes to the old one. For programs that
// know $BATON_HOLD (libbaton does); others accept as soon as they run.
#pragma once

#include "site/store.hpp"

#include <filesystem>

namespace baton::deploy {

/// While it exists, releases/N/hold, the release's unit starts with BATON_HOLD=, our process id, by the
/// EnvironmentFile= that SITE@.service names. If we die, the release looks at the link that makes the switch,
/// BATON_LIVE: it serves if it is live, and leaves if not. A release that is neither live nor held is not run, whoever
/// starts it: baton-exec sees to that.
class Hold {
  public:
    Hold(const site::Store& store, int release);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    std::filesystem::path path_;
};

/// Removes what killed deploys of the site left.
void remove_holds(const site::Store& store);

} // namespace baton::deploy
