// SPDX-License-Identifier: MIT
// The room for bodies in files. One client never takes all of it: at most three times what it leaves to others.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace baton::engine {

class SpoolRoom {
  public:
    /// Takes `bytes` more, out of `all_bytes` in total, for the client at `address`. False: no room, and nothing is
    /// taken. Throws std::bad_alloc.
    [[nodiscard]] bool take(const std::string& address, std::uint64_t bytes, std::uint64_t all_bytes);
    /// Returns taken bytes.
    void give_back(const std::string& address, std::uint64_t bytes) noexcept;

  private:
    std::mutex mutex_;
    std::uint64_t taken_ = 0;
    std::unordered_map<std::string, std::uint64_t> shares_; ///< by address, none of them 0
};

} // namespace baton::engine
