// SPDX-License-Identifier: MIT
// Reads the identity in replies, and keeps the table of versions.
#include "load/identity.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace baton::load {

std::optional<Identity> read_identity(std::string_view body) {
    const auto root = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object()) return std::nullopt;
    const auto ver = root.find("ver");
    const auto pid = root.find("pid");
    if (ver == root.end() || pid == root.end() || !ver->is_string() || !pid->is_string()) return std::nullopt;
    return Identity{ver->get<std::string>(), pid->get<std::string>()};
}

std::optional<std::size_t> Roster::find(std::string_view body) {
    constexpr std::size_t k_most_bodies = 1024; // otherwise replies that contain a time would fill memory
    if (!seen_.empty() && body == last_body_) return last_index_;
    std::string key{body};
    auto known = by_body_.find(key);
    if (known == by_body_.end()) {
        auto identity = read_identity(body);
        if (!identity) return std::nullopt;
        if (by_body_.size() >= k_most_bodies) by_body_.clear();
        known = by_body_.emplace(key, enroll(*std::move(identity))).first;
    }
    last_body_ = std::move(key);
    return last_index_ = known->second;
}

std::size_t Roster::enroll(Identity identity) {
    if (seen_.size() >= k_most_processes) identity = {"(more)", "(more)"};
    const auto key = identity.ver + '\n' + identity.pid;
    const auto [known, is_new] = by_identity_.emplace(key, seen_.size());
    if (is_new) seen_.push_back({std::move(identity), 0, {}, {}, 0, 0});
    return known->second;
}

void Roster::count(std::size_t index, TimePoint connected, TimePoint now) {
    auto& entry = seen_[index];
    if (entry.replies++ == 0) {
        if (!newest_ || seen_[*newest_].identity.ver != entry.identity.ver) generation_began_.push_back(now);
        entry.generation = generation_began_.size() - 1;
        entry.first = now;
        newest_ = index;
    }
    entry.last = now;
    const auto newer = entry.generation + 1;
    if (newer < generation_began_.size() && connected > generation_began_[newer]) ++entry.old_after_new;
}

const Identity* Roster::newest() const noexcept {
    return newest_ ? &seen_[*newest_].identity : nullptr;
}

} // namespace baton::load
