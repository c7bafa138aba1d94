// SPDX-License-Identifier: MIT
// A path as it was given, where it leads now, and the symlinks in between: a site may be registered by a link that each
// release switches, as Capistrano's `current` is.
#pragma once

#include "base/acl.hpp"
#include "base/fd.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

struct FollowedPath {
    std::filesystem::path given;              ///< absolute, without ".", ".." and a '/' at its end
    std::filesystem::path real;               ///< without symlinks, as it is now
    std::vector<std::filesystem::path> links; ///< each symlink on the way, in the order met, by its real parent's path
    bool operator==(const FollowedPath&) const = default;
};

/// The way to a directory, gone step by step with each one held open, so that what was looked at is what was opened.
struct FollowedWay {
    FollowedPath path;
    Fd end;                                      ///< where it leads, O_PATH
    std::int64_t newest_link_ns = 0;             ///< ctime of the link that was made or switched last
    std::vector<Access> link_writers;            ///< see may_be_secret_to()
    std::optional<std::filesystem::path> secret; ///< a directory passed that those who may have put a link on the way
                                                 ///< could not go through themselves
    std::optional<std::error_code> error;        ///< it leads nowhere; the rest is then how far it goes
};

/// Goes as far as it leads, through no more than 40 symlinks.
[[nodiscard]] FollowedWay go(const std::filesystem::path& path);

/// Throws std::filesystem::filesystem_error when it leads nowhere.
[[nodiscard]] FollowedPath follow(const std::filesystem::path& path);

/// Whether `entry` might be kept from any of those who may have put a link on the way. A link, and each directory above
/// it, is there by the word of who may write the directory it is in: of root alone where nobody else may.
[[nodiscard]] bool may_be_secret_to(const std::vector<Access>& link_writers, const Access& entry);

/// A name that a setting of a unit file can hold: no control characters, nothing at its end that systemd cuts off.
[[nodiscard]] bool fits_unit_file(const std::filesystem::path& path);

/// What a path unit watches (PathChanged=) for a site's `directory` and the file `conf_name` in it: the file, by the
/// path it was given as, and the directories that hold the symlinks on the way to it. A link's own path would not do:
/// systemd says nothing when it is switched, though it then looks at what it leads to now. In byte order, each once,
/// and no more than 32 KiB; what is not watched is seen by the look of each minute.
[[nodiscard]] std::vector<std::filesystem::path> paths_to_watch(const std::filesystem::path& directory,
                                                                const std::string& conf_name);

} // namespace baton::site
