// SPDX-License-Identifier: MIT
// The table of watch.conf's keys: what reads, writes, shows and explains each. The file, its schema, the manifest,
// `baton check`, the manual and the README know no key that is not in it.
#pragma once

#include "site/watch_conf.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

namespace baton::site {

struct ConfKey {
    enum class Need { required, optional };
    /// What an unknown key is that is nearly this one.
    enum class NearMiss {
        warning, ///< it is ignored, and the release is much the same
        error,   ///< this one keeps bad releases out: a slip of the keyboard must not open the gate
    };
    using Json = nlohmann::ordered_json;

    std::string_view name;   ///< in watch.conf
    std::string_view member; ///< in the manifest
    Need need;
    NearMiss near_miss;
    std::string_view doc;   ///< one sentence, as the schema and the manual have it
    std::string_view unset; ///< what people read in place of no value
    /// From watch.conf, strictly. Throws Error (config).
    void (*read)(const Member& member, const Place& at, WatchConf& conf);
    Json (*write)(const WatchConf& conf); ///< null: not set
    /// From a manifest: what any baton wrote, whatever this one allows. Throws Error or Json::exception.
    void (*load)(const Json& json, WatchConf& conf);
};

[[nodiscard]] std::span<const ConfKey> conf_keys() noexcept;

/// The values in effect under the keys' names in watch.conf.
[[nodiscard]] ConfKey::Json values_of(const WatchConf& conf);
/// The value of one key for people, on one line.
[[nodiscard]] std::string value_text(const ConfKey& key, const WatchConf& conf);

/// As it stands in a manifest.
[[nodiscard]] ConfKey::Json conf_to_manifest(const WatchConf& conf);
/// A key that the manifest does not have, because the baton that wrote it had none, has its default. Throws as load().
[[nodiscard]] WatchConf conf_from_manifest(const ConfKey::Json& json);

} // namespace baton::site
