// SPDX-License-Identifier: MIT
#include "deploy/wish/tries.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/wish/state_file.hpp"

#include <algorithm>

namespace baton::deploy {
namespace {

using Json = nlohmann::ordered_json;

Json try_json(const Try& attempt) {
    if (attempt.count == 0) return nullptr;
    return {{"count", attempt.count},
            {"next", iso8601(attempt.next)},
            {"why", attempt.why},
            {"of", attempt.of},
            {"watch_conf", to_json(attempt.conf)}};
}

Try try_from(const Json& json) {
    if (json.is_null()) return {};
    return Try{json.at("count").get<int>(), parse_iso8601(json.at("next").get<std::string>()),
               json.at("why").get<std::string>(), json.at("of").get<std::uint64_t>(),
               stamp_from_json(json.at("watch_conf"))};
}

} // namespace

std::chrono::seconds back_off(int count) noexcept {
    constexpr int k_doublings = 6; // after that it exceeds the longest pause anyway
    if (count <= 1) return std::chrono::seconds{std::max(count, 0)};
    return std::min(std::chrono::seconds{1 << std::min(count - 1, k_doublings)}, k_longest_back_off);
}

bool is_due(const Try& attempt, site::Time now) noexcept {
    return attempt.count == 0 || attempt.next <= now || attempt.next > now + k_longest_back_off;
}

bool is_forgotten(const Try& of_live, int release, std::chrono::microseconds lived) noexcept {
    constexpr std::chrono::seconds k_long_life{10};
    return of_live.of != static_cast<std::uint64_t>(release) || (lived >= k_long_life && of_live.why.empty());
}

Tries read_tries(const std::filesystem::path& path) {
    Tries tries;
    try {
        StateFile{path, 1}.read([&](const Json& json) {
            tries.wish = try_from(json.at("wish"));
            tries.live = try_from(json.at("live"));
            tries.way_back = try_from(json.at("way_back"));
            tries.listener = try_from(json.at("listener"));
        });
    } catch (const Error&) {
        return {}; // then everything is due
    }
    return tries;
}

void write_tries(const std::filesystem::path& path, const Tries& tries) noexcept try {
    if (tries.wish.count + tries.live.count + tries.way_back.count + tries.listener.count == 0) {
        std::error_code error;
        std::filesystem::remove(path, error);
        return;
    }
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    StateFile{path, 1}.write({{"wish", try_json(tries.wish)},
                              {"live", try_json(tries.live)},
                              {"way_back", try_json(tries.way_back)},
                              {"listener", try_json(tries.listener)}});
} catch (...) { // see the header
}

} // namespace baton::deploy
