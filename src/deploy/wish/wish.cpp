// SPDX-License-Identifier: MIT
#include "deploy/wish/wish.hpp"

#include "base/lock.hpp"
#include "deploy/wish/state_file.hpp"

namespace baton::deploy {
namespace {

StateFile file_of(const site::Store& store) {
    return {store.directory() / "wish.json", 1};
}

Lock lock_wishes(const site::Store& store) { // held only while writing
    return Lock::take(store.directory() / "wish.lock");
}

Wish write_locked(const site::Store& store, Wish wish) {
    wish.number = read_wish(store).number + 1;
    file_of(store).write({{"number", wish.number},
                          {"release", wish.release ? nlohmann::ordered_json(*wish.release) : nullptr},
                          {"outweighs", wish.outweighs},
                          {"anew", wish.anew},
                          {"watch_conf", to_json(wish.conf)}});
    return wish;
}

} // namespace

Wish write_wish(const site::Store& store, Wish wish) {
    const auto lock = lock_wishes(store);
    return write_locked(store, std::move(wish));
}

Wish join_wish(const site::Store& store, Wish wish) {
    const auto lock = lock_wishes(store);
    const auto newest = read_wish(store);
    if (newest.release && newest.conf == wish.conf) return newest;
    return write_locked(store, std::move(wish));
}

Wish read_wish(const site::Store& store) {
    Wish wish;
    file_of(store).read([&](const nlohmann::ordered_json& json) {
        wish.number = json.at("number").get<std::uint64_t>();
        if (!json.at("release").is_null()) wish.release = json.at("release").get<int>();
        wish.outweighs = json.at("outweighs").get<int>();
        wish.anew = json.at("anew").get<bool>();
        wish.conf = stamp_from_json(json.at("watch_conf"));
    });
    return wish;
}

} // namespace baton::deploy
