// SPDX-License-Identifier: MIT
// Wakes a waiting pursuit when watch.conf changes or somebody writes a wish. Only a hint that saves time: the pursuit
// looks at everything afterwards, and once a second anyway. inotify(7).
#pragma once

#include "base/fd.hpp"
#include "deploy/context.hpp"

namespace baton::deploy {

class ChangeWatch {
  public:
    /// Watches nothing when the kernel has no inotify instance left.
    explicit ChangeWatch(const SiteContext& context) noexcept;
    /// Readable when something has changed; -1 when nothing is watched.
    [[nodiscard]] int descriptor() const noexcept { return inotify_.get(); }
    void forget_changes() noexcept;

  private:
    Fd inotify_;
};

} // namespace baton::deploy
