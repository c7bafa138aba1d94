// SPDX-License-Identifier: MIT
// Holds a release that starts off the shared listener until it is to take over: a release that turns out to be bad has
// then not touched one request, and no connection made after the new one answers goes to the old one. For programs that
// know $BATON_HOLD (libbaton does); others accept as soon as they run.
#pragma once

#include "deploy/paths.hpp"
#include "site/store.hpp"

#include <filesystem>
#include <string_view>

namespace baton::deploy {

/// While it exists, the release's unit starts with BATON_HOLD=, our process id, and BATON_LIVE=, the link that makes
/// the switch, by the EnvironmentFile= that SITE@.service names. If we die, the release looks at that link: it serves
/// if it is live, and leaves if not.
class Hold {
  public:
    Hold(const Paths& paths, const site::Store& store, int release);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    std::filesystem::path path_;
};

/// Removes what killed deploys of `site` left.
void remove_holds(const Paths& paths, std::string_view site);

} // namespace baton::deploy
