// SPDX-License-Identifier: MIT
// What a check has found: what is wrong, why it matters, and what to type.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace baton::doctor {

struct Finding {
    std::string what;    ///< "shop.path is failed"
    std::string why;     ///< "edits of watch.conf go unseen"
    std::string type;    ///< the command that mends it: "systemctl restart shop.path"
    bool passes = false; ///< baton deals with it in a moment: worth a line of status, and nothing is wrong

    /// In one line: "shop.path is failed; edits of watch.conf go unseen: systemctl restart shop.path".
    [[nodiscard]] std::string line() const;
    bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

/// The commands one after another, each if the one before it worked.
[[nodiscard]] std::string in_order(const std::vector<std::string>& commands);

/// Replaces `from`, which sed takes literally, in a file whose content is `text`. Opens an editor if that is empty, or
/// not there exactly once.
[[nodiscard]] std::string with_replaced(const std::filesystem::path& file, std::string_view text, std::string_view from,
                                        std::string_view by);

/// Deletes a setting from a unit's drop-in.
[[nodiscard]] std::string without_setting(std::string_view setting, const std::filesystem::path& drop_in);
/// Deletes it only where it has no value, which empties a list.
[[nodiscard]] std::string without_reset(std::string_view setting, const std::filesystem::path& drop_in);

/// Sets a kernel parameter, now and at each boot.
[[nodiscard]] std::string set_kernel_parameter(std::string_view name, std::string_view value);

} // namespace baton::doctor
