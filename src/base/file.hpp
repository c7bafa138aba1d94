// SPDX-License-Identifier: MIT
// Whole files: read with a limit, written so that a crash leaves the old or the new one, and opened beneath a
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

/// Opens `path` beneath the directory `dir_fd` (AT_FDCWD: no bound): neither "..", an absolute path, a symlink nor a
/// magic link leads out of it; openat2(2) RESOLVE_BENEATH. O_CLOEXEC is added. Returns none with errno set.
[[nodiscard]] Fd open_beneath(int dir_fd, const std::string& path, int flags);

/// Opens; throws Error "opening 'path': cause".
[[nodiscard]] Fd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

/// The whole of `fd` from its current offset; throws Error when it has more than `limit_bytes`. `name` is for the
/// message.
[[nodiscard]] std::string read_all(int fd, std::string_view name, std::size_t limit_bytes);

/// The content of `path`, none when there is no such file; throws Error when it cannot be read or is longer than
/// `limit_bytes`.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);

/// Writes all of `content`; throws Error.
void write_all(int fd, std::string_view content, std::string_view name);

/// Replaces `path`: temporary file beside it, fsync, rename, fsync of the directory. After a throw the old content
/// stands.
void write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);
/// Decides who may read the file, of mode 0600 so far, before it has content. May throw Error; `name` is for that.
using SetUpFile = std::function<void(int fd, std::string_view name)>;
void write_file_atomically(const std::filesystem::path& path, std::string_view content, const SetUpFile& set_up);

/// Points the symlink `path` at `target` by rename, durably. After a throw the old link stands.
void replace_symlink(const std::filesystem::path& path, const std::string& target);

/// fsync(2) of a directory, so that names created or renamed in it survive a power cut. Throws Error.
void sync_directory(const std::filesystem::path& path);

/// Removes a tree if it is there, also one with read-only directories. Throws Error.
void remove_tree(const std::filesystem::path& path);

} // namespace baton
