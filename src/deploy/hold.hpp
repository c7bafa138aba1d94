// SPDX-License-Identifier: MIT
// Holds a release that starts off the shared listener until it is to take over: a release that turns out to be bad has
// then not touched one request, and no connection made after the new one answers goes to the old one. For programs that
// know $BATON_HOLD (libbaton does); others accept as soon as they run.
#pragma once

#include "deploy/paths.hpp"

#include <filesystem>
#include <string_view>

namespace baton::deploy {

/// While it exists, the release's unit starts with BATON_HOLD=1, by the EnvironmentFile= that SITE@.service names.
class Hold {
  public:
    Hold(const Paths& paths, std::string_view site, int release);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

  private:
    std::filesystem::path path_;
};

} // namespace baton::deploy
