// SPDX-License-Identifier: MIT
// A site's directory as its owner sees it: the place of watch.conf and its last change.
#pragma once

#include "base/fd.hpp"
#include "site/conf/watch_conf.hpp"
#include "site/directory/followed_path.hpp"
#include "site/release/tree_index.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace baton::site {

/// Throws Error (config) if `name` has a control character: it becomes part of a unit file.
void check_conf_name(const std::string& name);

/// "watch.conf" if `directory` has one, else its only "*.watch.conf". Throws Error (config) if there is none, or
/// several.
[[nodiscard]] std::string find_watch_conf(const std::filesystem::path& directory);

struct WatchConfFile {
    bool being_written = false; ///< somebody has it open for writing: it may be incomplete
    std::string text;
    std::chrono::system_clock::time_point changed; ///< its ctime, or that of a link in the path: cp -p and rsync -t set
                                                   ///< mtime into the past, but nobody can set ctime
};

/// Reads `name` beneath `directory`. Throws Error (config) if it is missing, not a regular file, not readable, or too
/// long.
[[nodiscard]] WatchConfFile read_watch_conf(const std::filesystem::path& directory, const std::string& name);

/// The stamp that shows whether `name` has changed; all zero if it does not exist. For a symlink, the stamp of its
/// target, with the ctime of the newest link on the way, if that is newer: a switched link may lead to the same inode.
[[nodiscard]] SourceStamp conf_stamp(const std::filesystem::path& directory, const std::string& name) noexcept;

/// Throws Error (config) unless `bin_name` is a regular file beneath `directory`, or a symlink to one that does not
/// lead outside.
void check_program(const std::filesystem::path& directory, const std::string& bin_name);

/// The directory as given, and where it is now. Throws Error (usage) if it does not exist, is not a directory, or
/// either name has a control character or an end that a unit file cannot hold.
[[nodiscard]] FollowedPath find_site_directory(const std::filesystem::path& directory);

} // namespace baton::site
