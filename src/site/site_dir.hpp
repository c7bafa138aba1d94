// SPDX-License-Identifier: MIT
// A site's directory as its owner sees it: where watch.conf is and when it last changed.
#pragma once

#include "base/fd.hpp"
#include "site/followed_path.hpp"
#include "site/tree_index.hpp"
#include "site/watch_conf.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace baton::site {

/// Throws Error (config) when `name` has a control character: it becomes part of a unit file.
void check_conf_name(const std::string& name);

/// "watch.conf" where `directory` has one, else its only "*.watch.conf". Throws Error (config) when there is none, or
/// several.
[[nodiscard]] std::string find_watch_conf(const std::filesystem::path& directory);

struct WatchConfFile {
    bool being_written = false; ///< somebody has it open for writing: what is there may be half of it
    std::string text;
    std::chrono::system_clock::time_point changed; ///< its ctime, or that of a link on the way: cp -p and rsync -t set
                                                   ///< mtime into the past, nobody sets this
};

/// Reads `name` beneath `directory`. Throws Error (config) when it is missing, no regular file, not readable, or too
/// long.
[[nodiscard]] WatchConfFile read_watch_conf(const std::filesystem::path& directory, const std::string& name);

/// What tells whether `name` has changed; all zero when it is not there. Of a symlink that of what it leads to; and its
/// ctime is that of the newest link on the way, if that is newer: what a switched link leads to may be the same inode.
[[nodiscard]] SourceStamp conf_stamp(const std::filesystem::path& directory, const std::string& name) noexcept;

/// Throws Error (config) unless `bin_name` is a regular file beneath `directory`; a symlink to one that does not lead
/// out of it will do.
void check_program(const std::filesystem::path& directory, const std::string& bin_name);

/// The directory as it is given, and where it is now. Throws Error (usage) when it is not there, not a directory, or
/// either name has a control character or an end that a unit file cannot hold.
[[nodiscard]] FollowedPath find_site_directory(const std::filesystem::path& directory);

} // namespace baton::site
