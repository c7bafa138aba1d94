// SPDX-License-Identifier: MIT
// The room for bodies in files. One client never takes all of it: at most three times what it leaves to others.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

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

/// What one body has taken of the room; given back at its end.
class RoomShare {
  public:
    RoomShare(SpoolRoom& room, std::string address, std::uint64_t all_bytes)
        : room_{room}, address_{std::move(address)}, all_bytes_{all_bytes} {}
    ~RoomShare() { room_.give_back(address_, taken_); }
    RoomShare(const RoomShare&) = delete;
    RoomShare& operator=(const RoomShare&) = delete;

    /// False: there is no room for `bytes` more, or no memory to note them.
    [[nodiscard]] bool take(std::uint64_t bytes) noexcept;

  private:
    SpoolRoom& room_;
    std::string address_; ///< of the client
    std::uint64_t all_bytes_;
    std::uint64_t taken_ = 0;
};

} // namespace baton::engine
