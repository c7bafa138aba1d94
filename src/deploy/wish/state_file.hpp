// SPDX-License-Identifier: MIT
// A small JSON file of the site's state: versioned, written so that a crash leaves the old or the new one.
#pragma once

#include "site/tree_index.hpp"

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

namespace baton::deploy {

struct StateFile {
    std::filesystem::path path;
    int version;
    mode_t mode = 0600; ///< where an error may quote what a program printed, or a watch.conf

    /// What stands in it with these members.
    [[nodiscard]] std::string text(const nlohmann::ordered_json& members) const;
    /// Throws Error when it cannot be written; then the old one stands.
    void write(const nlohmann::ordered_json& members) const;
    /// Calls `take` with the members; does nothing when there is no such file. Throws Error when it is not of the form
    /// that `take` expects, or of a newer version.
    void read(const std::function<void(const nlohmann::ordered_json&)>& take) const;
};

[[nodiscard]] nlohmann::ordered_json to_json(const site::SourceStamp& stamp);
[[nodiscard]] site::SourceStamp stamp_from_json(const nlohmann::ordered_json& json);

} // namespace baton::deploy
