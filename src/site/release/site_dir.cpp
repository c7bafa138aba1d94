// SPDX-License-Identifier: MIT
#include "site/release/site_dir.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/directory/anothers_secret.hpp"
#include "site/directory/read_lease.hpp"
#include "site/directory/site_directory.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_suffix = ".watch.conf";
constexpr std::size_t k_most_named = 5; // there could be a million

std::string_view kind_text(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "a special file";
    }
}

/// Opens a regular file beneath `directory`; O_NONBLOCK, so a FIFO does not block us.
Fd open_regular(const fs::path& directory, const std::string& name, std::string_view what) {
    const auto doing = fmt::format("opening {} {} in {}", what, quote(name), quote(directory.native()));
    const auto dir = open_site_directory(directory);
    Fd fd = open_beneath(dir.fd.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd && errno == EXDEV)
        throw Error{doing + ": it leads out of the site's directory", error_kind::config,
                    "a release is a copy of the directory, so this file must be in it; a relative symlink within the "
                    "directory is allowed"};
    if (!fd && errno == ENXIO) throw Error{doing + ": found a socket, expected a regular file", error_kind::config};
    if (!fd && errno == EAGAIN) // fcntl(2) F_SETLEASE; the program was asked to give up the lease
        throw Error{doing + ": another program has a lease on it", error_kind::failed};
    if (!fd) throw Error{errno_error(doing).what(), error_kind::config};
    const auto file = access_of(fd.get());
    const auto holder = access_of(dir.fd.get());
    if (!file || !holder) throw errno_error(doing);
    if (!S_ISREG(file->status.st_mode))
        throw Error{fmt::format("{}: found {}, expected a regular file", doing, kind_text(file->status.st_mode)),
                    error_kind::config};
    // Not even an error message may quote the file.
    if (may_be_anothers_secret(*file, *holder) || may_be_secret_to(dir.link_writers, *file))
        throw Error{
            doing +
                ": it may be another user's: not everybody may read it, and users other than its owner may write the "
                "directory",
            error_kind::config,
            fmt::format("chown --reference={1} {0}, as root, gives it to the site's owner; if a group may write {1}, "
                        "chmod g+r {0} as well",
                        quote((directory / name).native()), quote(directory.native()))};
    return fd;
}

SiteDirectory open_to_list(const fs::path& directory) try {
    return open_site_directory(directory);
} catch (const Error& error) {
    throw Error{fmt::format("looking for watch.conf: {}", error.what()), error_kind::config, error.hint()};
}

using std::chrono::system_clock;

system_clock::time_point time_of(std::int64_t ns) {
    return system_clock::time_point{std::chrono::duration_cast<system_clock::duration>(std::chrono::nanoseconds{ns})};
}

/// The ctime of the link `path`; 0 if `path` is not a link.
std::int64_t link_time_ns(const fs::path& path) noexcept {
    struct stat st = {};
    return ::lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode) ? stamp_of(st).ctime_ns : 0;
}

} // namespace

void check_conf_name(const std::string& name) {
    if (printable(name) == name) return;
    throw Error{fmt::format("taking {} for a watch.conf: expected a name without control characters", quote(name)),
                error_kind::config};
}

std::string find_watch_conf(const fs::path& directory) {
    const auto open = open_to_list(directory);
    std::error_code error;
    std::vector<std::string> others;
    for (const auto& entry : fs::directory_iterator{fmt::format("/proc/self/fd/{}", open.fd.get()), error}) {
        auto name = entry.path().filename().native();
        if (name == "watch.conf") return name;
        if (name.size() > k_suffix.size() && name.ends_with(k_suffix) && name.front() != '.')
            others.push_back(std::move(name));
    }
    if (error)
        throw Error{fmt::format("listing {}: {}", quote(directory.native()), error.message()), error_kind::config};
    if (others.size() == 1) {
        check_conf_name(others.front());
        return others.front();
    }
    std::sort(others.begin(), others.end());
    std::string found = others.empty() ? "none" : quote(others.front());
    for (std::size_t i = 1; i < std::min(others.size(), k_most_named); ++i)
        found += ", " + quote(others[i]);
    if (others.size() > k_most_named) found += fmt::format(" and {} more", others.size() - k_most_named);
    throw Error{fmt::format("looking for watch.conf in {}: found {}, expected watch.conf or just one NAME.watch.conf",
                            quote(directory.native()), found),
                error_kind::config};
}

WatchConfFile read_watch_conf(const fs::path& directory, const std::string& name) {
    const auto newest_link_ns = std::max(go(directory).newest_link_ns, link_time_ns(directory / name));
    const Fd fd = open_regular(directory, name, "the file");
    struct stat st = {};
    if (::fstat(fd.get(), &st) < 0) throw errno_error(fmt::format("looking at {}", quote((directory / name).native())));
    const ReadLease lease{fd.get()};
    const auto changed = time_of(std::max(stamp_of(st).ctime_ns, newest_link_ns));
    try {
        auto text = read_all(fd.get(), (directory / name).native(), k_watch_conf_limit_bytes);
        return {lease.may_be_written(st) || lease.broken(), std::move(text), changed};
    } catch (const Error& error) {
        throw Error{error.what(), error_kind::config};
    }
}

SourceStamp conf_stamp(const fs::path& directory, const std::string& name) noexcept {
    struct stat st = {};
    const auto path = directory / name;
    const auto plain = open_through_no_link(path, O_PATH); // of a thousand sites, most
    if (plain && ::fstat(plain.get(), &st) == 0) return stamp_of(st);
    if (::stat(path.c_str(), &st) < 0 && ::lstat(path.c_str(), &st) < 0) return {};
    auto stamp = stamp_of(st);
    try {
        stamp.ctime_ns = std::max({stamp.ctime_ns, go(directory).newest_link_ns, link_time_ns(path)});
    } catch (const std::exception&) { // out of memory
    }
    return stamp;
}

void check_program(const fs::path& directory, const std::string& bin_name) {
    (void)open_regular(directory, bin_name, "the program");
}

FollowedPath find_site_directory(const fs::path& directory) {
    FollowedPath found;
    try {
        found = follow(directory);
    } catch (const fs::filesystem_error& error) {
        throw Error{
            fmt::format("looking for the site's directory {}: {}", quote(directory.native()), error.code().message()),
            error_kind::usage};
    }
    std::error_code error;
    if (!fs::is_directory(found.real, error))
        throw Error{fmt::format("looking for the site's directory {}: not a directory", quote(directory.native())),
                    error_kind::usage};
    for (const auto& path : {found.given, found.real}) {
        if (!fits_unit_file(path) || path == path.root_path())
            throw Error{
                fmt::format("taking {} for a site's directory: expected one below '/' without control characters in "
                            "its name, or a backslash or blank at its end",
                            quote(path.native())),
                error_kind::usage};
    }
    return found;
}

} // namespace baton::site
