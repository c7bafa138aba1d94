// SPDX-License-Identifier: MIT
// Wakes a pursuit that waits: watch.conf was changed, or a wish was written. Only a hint that saves time; what is the
// case is looked at afterwards, and once a second anyhow. inotify(7).
#pragma once

#include "base/fd.hpp"
#include "deploy/context.hpp"

namespace baton::deploy {

class ChangeWatch {
  public:
    /// Watches nothing when the kernel has no instance left.
    explicit ChangeWatch(const SiteContext& context) noexcept;
    /// Readable when something has changed; -1 when nothing is watched.
    [[nodiscard]] int descriptor() const noexcept { return inotify_.get(); }
    void forget_changes() noexcept;

  private:
    Fd inotify_;
};

} // namespace baton::deploy
