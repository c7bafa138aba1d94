// SPDX-License-Identifier: MIT
// Keeps a starting release off the shared listener until it takes over. So a bad release never touches a request, and
// no connection made after the new release's first answer goes to the old one. For programs that know $BATON_HOLD
// (libbaton does); others accept as soon as they run.
#pragma once

#include "site/release/store.hpp"

#include <filesystem>
#include <string_view>

namespace baton::deploy {

/// While this exists, releases/N/hold exists, and SITE@.service reads it (EnvironmentFile=): the release's unit starts
/// with BATON_HOLD=, our process id. If we die, the release looks at the link that makes the switch, BATON_LIVE: it
/// serves if it is live, and leaves if not. baton-exec refuses to run a release that is neither live nor held, whoever
/// starts it.
class Hold {
  public:
    /// `more`: further lines of its environment file, for baton-exec.
    Hold(const site::Store& store, int release, std::string_view more = {});
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    std::filesystem::path path_;
};

/// Removes what killed deploys of the site left behind.
void remove_holds(const site::Store& store);

} // namespace baton::deploy
