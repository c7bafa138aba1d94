// SPDX-License-Identifier: MIT
// The settings in a unit's drop-ins, systemd.syntax(7): which file has set what.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace baton::deploy {

struct Setting {
    std::string section; ///< "Service"
    std::string name;    ///< "KillMode"
    std::string value;   ///< may be empty, which resets a list
    bool operator==(const Setting&) const = default;
};

struct DropIn {
    std::filesystem::path path;
    std::vector<Setting> settings;

    /// The last value of `setting`; null if the file does not set it.
    [[nodiscard]] const std::string* find(std::string_view setting) const;
};

/// The text of a drop-in as it is on disk now; empty if it is gone, or no file; only a comment with its size if it is
/// longer than 256 KiB. Throws Error if it cannot be read.
[[nodiscard]] std::string drop_in_text(const std::filesystem::path& path);
[[nodiscard]] DropIn read_drop_in(const std::filesystem::path& path);

/// The settings in the text of a unit file, in order.
[[nodiscard]] std::vector<Setting> parse_settings(std::string_view text);

/// The drop-in that comes last of those which set `setting`; null if none does.
[[nodiscard]] const DropIn* last_with(const std::vector<DropIn>& drop_ins, std::string_view setting);

} // namespace baton::deploy
