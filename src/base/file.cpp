// SPDX-License-Identifier: MIT
#include "base/file.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace baton {
namespace fs = std::filesystem;

Fd open_beneath(int dir_fd, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<__u64>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    constexpr int k_attempts = 1000; // EAGAIN: something was renamed while ".." was resolved, anywhere on the host
    for (int i = 0;; ++i) {
        Fd fd{static_cast<int>(::syscall(SYS_openat2, dir_fd, path.c_str(), &how, sizeof how))};
        if (fd || errno != EAGAIN || i == k_attempts) return fd;
    }
}

Fd open_through_no_link(const fs::path& path, int flags) {
    open_how how{};
    how.flags = static_cast<__u64>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_NO_SYMLINKS;
    return Fd{static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how))};
}

Fd open_file(const fs::path& path, int flags, mode_t mode) {
    Fd fd{::open(path.c_str(), flags | O_CLOEXEC, mode)};
    if (!fd) throw errno_error(fmt::format("opening {}", quote(path.native())));
    return fd;
}

std::string read_all(int fd, std::string_view name, std::size_t limit_bytes) {
    std::string content;
    std::array<char, 65536> buffer; // NOLINT: setting it to zero would take longer than to read a small file
    for (;;) {
        const auto n = ::read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw errno_error(fmt::format("reading {}", quote(name)));
        if (n == 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(n));
        if (content.size() > limit_bytes)
            throw Error{fmt::format("reading {}: longer than {}", quote(name), size_text(limit_bytes))};
    }
}

std::optional<std::string> read_file(const fs::path& path, std::size_t limit_bytes) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (!fd && errno == ENOENT) return std::nullopt;
    if (!fd) throw errno_error(fmt::format("opening {}", quote(path.native())));
    return read_all(fd.get(), path.native(), limit_bytes);
}

void write_all(int fd, std::string_view content, std::string_view name) {
    while (!content.empty()) {
        const auto n = ::write(fd, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw errno_error(fmt::format("writing {}", quote(name)));
        content.remove_prefix(static_cast<std::size_t>(n));
    }
}

void write_file_atomically(const fs::path& path, std::string_view content, const SetUpFile& set_up) {
    const fs::path temporary = path.native() + ".new";
    (void)::unlink(temporary.c_str()); // left by a killed run
    try {
        const Fd fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        set_up(fd.get(), temporary.native());
        write_all(fd.get(), content, temporary.native());
        if (::fsync(fd.get()) < 0) throw errno_error(fmt::format("syncing {}", quote(temporary.native())));
        if (::rename(temporary.c_str(), path.c_str()) < 0)
            throw errno_error(fmt::format("renaming {} to {}", quote(temporary.native()), quote(path.native())));
    } catch (const Error&) {
        (void)::unlink(temporary.c_str()); // already on the error path
        throw;
    }
    sync_directory(path.parent_path());
}

void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode) {
    write_file_atomically(path, content, [mode](int fd, std::string_view name) {
        if (::fchmod(fd, mode) < 0) throw errno_error(fmt::format("setting the mode of {}", quote(name)));
    });
}

void replace_symlink(const fs::path& path, const std::string& target) {
    const fs::path temporary = path.native() + ".new";
    (void)::unlink(temporary.c_str()); // left by a killed run
    if (::symlink(target.c_str(), temporary.c_str()) < 0)
        throw errno_error(fmt::format("linking {} to {}", quote(temporary.native()), quote(target)));
    if (::rename(temporary.c_str(), path.c_str()) < 0)
        throw errno_error(fmt::format("renaming {} to {}", quote(temporary.native()), quote(path.native())));
    sync_directory(path.parent_path());
}

void sync_directory(const fs::path& path) {
    const Fd fd = open_file(path, O_RDONLY | O_DIRECTORY);
    if (::fsync(fd.get()) < 0) throw errno_error(fmt::format("syncing {}", quote(path.native())));
}

void remove_tree(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) throw Error{fmt::format("removing {}: {}", quote(path.native()), error.message())};
}

} // namespace baton
