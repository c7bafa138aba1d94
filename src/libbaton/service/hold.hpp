// SPDX-License-Identifier: MIT
// What holds a release off the public listeners: the process of `baton` that deploys it, until that has made the
// switch.
#pragma once

#include "base/fd.hpp"

#include <optional>
#include <string>

namespace baton::service {

class Hold {
  public:
    /// From $BATON_HOLD, the process id of `baton`, and $BATON_LIVE, the symlink that names the live release. None when
    /// nobody holds us.
    [[nodiscard]] static std::optional<Hold> from_environment();

    /// True as well when that cannot be found out: in a PID namespace of its own, say.
    [[nodiscard]] bool baton_lives() const;
    /// The switch to this release, $BATON_RELEASE, has been made.
    [[nodiscard]] bool is_live() const;

  private:
    enum class Baton { lives, has_died, unknown };

    Baton baton_ = Baton::unknown; ///< when we started
    Fd process_;                   ///< a pidfd
    std::string live_;
    std::string release_;
};

} // namespace baton::service
