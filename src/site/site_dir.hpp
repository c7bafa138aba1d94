// SPDX-License-Identifier: MIT
// A site's directory as its owner sees it: where watch.conf is and when it last changed.
#pragma once

#include "base/fd.hpp"
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
    std::chrono::system_clock::time_point
        changed; ///< its ctime: cp -p and rsync -t set mtime into the past, nobody sets this
};

/// Reads `name` beneath `directory`. Throws Error (config) when it is missing, no regular file, not readable, or too
/// long.
[[nodiscard]] WatchConfFile read_watch_conf(const std::filesystem::path& directory, const std::string& name);

/// Throws Error (config) unless `bin_name` is a regular file beneath `directory`.
void check_program(const std::filesystem::path& directory, const std::string& bin_name);

/// The directory, absolute and without symlinks (a path through a symlinked directory would not be watched: DESIGN fact
/// 6). Throws Error (usage) when it is not there, not a directory, or has a control character in its name.
[[nodiscard]] std::filesystem::path resolve_site_directory(const std::filesystem::path& directory);

} // namespace baton::site
