// SPDX-License-Identifier: MIT
// How many processes of baton use a manager at once. A manager sends each signal to every direct connection: at a boot
// of a thousand sites, as many connected processes would cost it a million messages for each kind of change.
#pragma once

#include "base/lock.hpp"

#include <filesystem>
#include <optional>

namespace baton::sd {

/// One process's part in the turns that the lock files in a directory stand for.
class Turns {
  public:
    /// No limit.
    Turns() = default;
    explicit Turns(std::filesystem::path directory) : directory_{std::move(directory)} {}

    /// Waits for a free turn, at most three minutes: a turn limits a crowd, and nobody depends on it. Takes none, and
    /// does not wait, where the files cannot be locked: a reader without root, a read-only disk.
    void take();
    /// Whether others probably wait for one.
    [[nodiscard]] bool are_all_taken() const;
    void give_back() noexcept { turn_.reset(); }

  private:
    [[nodiscard]] std::optional<Lock> try_take(int turn) const;
    [[nodiscard]] std::optional<Lock> find_free() const;

    std::filesystem::path directory_;
    std::optional<Lock> turn_;
};

} // namespace baton::sd
