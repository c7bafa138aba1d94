// SPDX-License-Identifier: MIT
// The room for bodies in files, of which one client never takes all: as much as three times what it leaves to others.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace baton::engine {

class SpoolRoom {
  public:
    /// Takes `bytes` more for the client at `address`, of `all_bytes` that there are. False: there is no room for them;
    /// they are not taken. Throws std::bad_alloc.
    [[nodiscard]] bool take(const std::string& address, std::uint64_t bytes, std::uint64_t all_bytes);
    /// Gives back what was taken.
    void give_back(const std::string& address, std::uint64_t bytes) noexcept;

  private:
    std::mutex mutex_;
    std::uint64_t taken_ = 0;
    std::unordered_map<std::string, std::uint64_t> shares_; ///< by address, none of them 0
};

} // namespace baton::engine
