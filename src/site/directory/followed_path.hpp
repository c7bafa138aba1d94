// SPDX-License-Identifier: MIT
// A path as it was given, where it leads now, and the symlinks in between: a site may be registered by a link that each
// release switches, like Capistrano's `current`.
#pragma once

#include "base/acl.hpp"
#include "base/fd.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

struct FollowedPath {
    std::filesystem::path given; ///< absolute, without ".", ".." and a final '/'
    std::filesystem::path real;  ///< the current path without symlinks
    std::vector<std::filesystem::path>
        links; ///< each symlink in the path, in the order met, with its real parent's path
    bool operator==(const FollowedPath&) const = default;
};

/// The way to a directory, followed step by step with each step held open, so the directory checked is the one opened.
struct FollowedWay {
    FollowedPath path;
    Fd end;                                      ///< its end, O_PATH
    std::int64_t newest_link_ns = 0;             ///< ctime of the newest link
    std::vector<Access> link_writers;            ///< see may_be_secret_to()
    std::optional<std::filesystem::path> secret; ///< a directory on the way that those who may have put a
                                                 ///< link there could not search themselves
    std::optional<std::error_code> error;        ///< set if the path leads nowhere; the rest then shows how far it goes
};

/// Follows the path as far as it leads, through at most 40 symlinks.
[[nodiscard]] FollowedWay go(const std::filesystem::path& path);

/// Throws std::filesystem::filesystem_error if the path leads nowhere.
[[nodiscard]] FollowedPath follow(const std::filesystem::path& path);

/// Whether `entry` might be secret to any of those who may have put a link on the way. A link, and each directory above
/// it, is controlled by everyone who may write the directory that holds it: by root alone if nobody else may.
[[nodiscard]] bool may_be_secret_to(const std::vector<Access>& link_writers, const Access& entry);

/// Whether a setting in a unit file can hold the name: no control characters, nothing at its end that systemd cuts off.
[[nodiscard]] bool fits_unit_file(const std::filesystem::path& path);

/// The paths that a path unit watches (PathChanged=) for a site's `directory` and the file `conf_name` in it: the file,
/// by its given path, and the directories that hold the symlinks on the way to it. A link's own path would not work:
/// systemd does not report a switch, though it then looks at the link's new target. In byte order, each once, at most
/// 32 KiB in total; the look of each minute sees changes that are not watched.
[[nodiscard]] std::vector<std::filesystem::path> paths_to_watch(const std::filesystem::path& directory,
                                                                const std::string& conf_name);

} // namespace baton::site
