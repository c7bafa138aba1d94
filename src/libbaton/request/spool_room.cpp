// SPDX-License-Identifier: MIT
#include "libbaton/request/spool_room.hpp"

#include <new>

namespace baton::engine {

bool SpoolRoom::take(const std::string& address, std::uint64_t bytes, std::uint64_t all_bytes) {
    constexpr std::uint64_t k_times = 3;
    const std::lock_guard lock{mutex_};
    const auto taken = taken_ + bytes;
    if (taken > all_bytes) return false;
    auto& share = shares_.try_emplace(address, 0).first->second;
    if (share + bytes > k_times * (all_bytes - taken)) {
        if (share == 0) shares_.erase(address);
        return false;
    }
    share += bytes;
    taken_ = taken;
    return true;
}

void SpoolRoom::give_back(const std::string& address, std::uint64_t bytes) noexcept {
    if (bytes == 0) return;
    const std::lock_guard lock{mutex_};
    taken_ -= bytes;
    const auto share = shares_.find(address);
    share->second -= bytes;
    if (share->second == 0) shares_.erase(share);
}

bool RoomShare::take(std::uint64_t bytes) noexcept try {
    if (!room_.take(address_, bytes, all_bytes_)) return false;
    taken_ += bytes;
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

} // namespace baton::engine
