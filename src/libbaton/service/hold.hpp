// SPDX-License-Identifier: MIT
// The hold that keeps a release off the public listeners: it lasts until the deploying `baton` process has made the
// switch.
#pragma once

#include "base/fd.hpp"

#include <optional>
#include <string>

namespace baton::service {

class Hold {
  public:
    /// Reads $BATON_HOLD, the process id of `baton`, and $BATON_LIVE, the symlink to the live release. None if nothing
    /// holds this release.
    [[nodiscard]] static std::optional<Hold> from_environment();

    /// Also true if this cannot be determined, for example in a separate PID namespace.
    [[nodiscard]] bool baton_lives() const;
    /// Whether the switch to this release, $BATON_RELEASE, has been made.
    [[nodiscard]] bool is_live() const;

  private:
    enum class Baton { lives, has_died, unknown };

    Baton baton_ = Baton::unknown; ///< its state when we started
    Fd process_;                   ///< a pidfd
    std::string live_;
    std::string release_;
};

} // namespace baton::service
