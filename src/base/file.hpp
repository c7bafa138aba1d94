// SPDX-License-Identifier: MIT
// Whole files: reads with a size limit, writes that leave the old or the new file after a crash, and opens beneath a
// directory.
#pragma once

#include "base/fd.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// Opens `path` beneath the directory `dir_fd` (AT_FDCWD: no bound). No "..", absolute path, symlink or magic link
/// leads out of it; openat2(2) RESOLVE_BENEATH. Adds O_CLOEXEC. On failure, returns none with errno set.
[[nodiscard]] Fd open_beneath(int dir_fd, const std::string& path, int flags);
/// Opens `path` if there is no symlink in it (ELOOP). Adds O_CLOEXEC. On failure, returns none with errno set.
[[nodiscard]] Fd open_through_no_link(const std::filesystem::path& path, int flags);

/// Opens; throws Error "opening 'path': cause".
[[nodiscard]] Fd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

/// Reads `fd` from its current offset to its end; throws Error if that is more than `limit_bytes`. `name` is for the
/// message.
[[nodiscard]] std::string read_all(int fd, std::string_view name, std::size_t limit_bytes);

/// The content of `path`, none if the file does not exist; throws Error if it cannot be read or is longer than
/// `limit_bytes`.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);

/// Writes all of `content`; throws Error.
void write_all(int fd, std::string_view content, std::string_view name);

/// Replaces `path`: temporary file in the same directory, fsync, rename, fsync of the directory. After a throw the old
/// content is still there.
void write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);
/// Decides who may read the new file, which still has mode 0600 and no content. May throw Error; `name` is for the
/// message.
using SetUpFile = std::function<void(int fd, std::string_view name)>;
void write_file_atomically(const std::filesystem::path& path, std::string_view content, const SetUpFile& set_up);

/// Points the symlink `path` at `target` by rename, durably. After a throw the old link is still there.
void replace_symlink(const std::filesystem::path& path, const std::string& target);

/// Calls fsync(2) on a directory: names created or renamed in it survive a power cut. Throws Error.
void sync_directory(const std::filesystem::path& path);

/// Removes a tree if it exists, even with read-only directories. Throws Error.
void remove_tree(const std::filesystem::path& path);

} // namespace baton
