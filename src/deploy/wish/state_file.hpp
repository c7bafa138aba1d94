// SPDX-License-Identifier: MIT
// A small JSON file of the site's state: versioned, and a crash leaves either the old or the new one.
#pragma once

#include "site/release/tree_index.hpp"

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

namespace baton::deploy {

struct StateFile {
    std::filesystem::path path;
    int version;
    mode_t mode = 0600; ///< where an error may quote a program's output, or watch.conf

    /// The text of the file with these members.
    [[nodiscard]] std::string text(const nlohmann::ordered_json& members) const;
    /// Throws Error when it cannot write; then the old file stays.
    void write(const nlohmann::ordered_json& members) const;
    /// Calls `take` with the members; does nothing when the file does not exist. Throws Error when the file has another
    /// form than `take` expects, or a newer version.
    void read(const std::function<void(const nlohmann::ordered_json&)>& take) const;
};

[[nodiscard]] nlohmann::ordered_json to_json(const site::SourceStamp& stamp);
[[nodiscard]] site::SourceStamp stamp_from_json(const nlohmann::ordered_json& json);

} // namespace baton::deploy
