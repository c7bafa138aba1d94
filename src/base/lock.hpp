// SPDX-License-Identifier: MIT
// An exclusive lock on a file, held for the object's lifetime; the kernel drops it when the process dies. flock(2).
#pragma once

#include "base/fd.hpp"

#include <filesystem>
#include <optional>

namespace baton {

class Lock {
  public:
    /// None if another process holds it; throws Error if `path` cannot be opened or created (mode 0600).
    [[nodiscard]] static std::optional<Lock> try_take(const std::filesystem::path& path);
    /// Waits for the lock. Throws Error as above.
    [[nodiscard]] static Lock take(const std::filesystem::path& path);

  private:
    explicit Lock(Fd fd) noexcept : fd_{std::move(fd)} {}
    Fd fd_;
};

} // namespace baton
