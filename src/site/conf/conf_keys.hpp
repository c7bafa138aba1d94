// SPDX-License-Identifier: MIT
// The table of watch.conf's keys: how each is read, written, shown and explained. The file, its schema, the manifest,
// `baton check`, the manual and the README have exactly these keys.
#pragma once

#include "site/conf/watch_conf.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace baton::site {

struct ConfKey {
    enum class Need { required, optional };
    /// How an unknown key with nearly this name is treated.
    enum class NearMiss {
        warning, ///< ignored: the release is much the same
        error,   ///< refused: this key keeps bad releases out, and a typing error must not disable it
    };
    using Json = nlohmann::ordered_json;

    std::string_view name;   ///< in watch.conf
    std::string_view member; ///< in the manifest
    Need need;
    NearMiss near_miss;
    std::string_view doc;   ///< one sentence, equal in the schema and the manual
    std::string_view unset; ///< shown to people if there is no value
    /// Reads the value from watch.conf, strictly. Throws Error (config).
    void (*read)(const Member& member, const Place& at, WatchConf& conf);
    Json (*write)(const WatchConf& conf); ///< null: not set
    /// Reads the value from a manifest: accepts what any baton wrote, even if this one would refuse it. Throws Error or
    /// Json::exception.
    void (*load)(const Json& json, WatchConf& conf);
};

[[nodiscard]] std::span<const ConfKey> conf_keys() noexcept;

/// The values in effect, by the keys' names in watch.conf.
[[nodiscard]] ConfKey::Json values_of(const WatchConf& conf);
/// The value of one key for people, on one line.
[[nodiscard]] std::string value_text(const ConfKey& key, const WatchConf& conf);

/// The form in a manifest.
[[nodiscard]] ConfKey::Json conf_to_manifest(const WatchConf& conf);
/// A key that is missing, because the baton that wrote the manifest did not have it, gets its default. Throws like
/// load().
[[nodiscard]] WatchConf conf_from_manifest(const ConfKey::Json& json);

} // namespace baton::site
