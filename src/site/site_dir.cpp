// SPDX-License-Identifier: MIT
#include "site/site_dir.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "site/read_lease.hpp"

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
constexpr std::size_t k_most_named = 5; // of a million that could be there

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
        return "no regular file";
    }
}

/// Opens a regular file beneath `directory`; O_NONBLOCK, so that a FIFO does not hold us.
Fd open_regular(const fs::path& directory, const std::string& name, std::string_view what) {
    const auto doing = fmt::format("opening {} {} in {}", what, quote(name), quote(directory.native()));
    const Fd dir = open_real_directory(directory);
    Fd fd = open_beneath(dir.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd && errno == EXDEV) throw Error{doing + ": it leads out of the site's directory", ErrorKind::config};
    if (!fd && errno == ENXIO) throw Error{doing + ": found a socket, expected a regular file", ErrorKind::config};
    if (!fd) throw Error{errno_error(doing).what(), ErrorKind::config};
    struct stat st {};
    if (::fstat(fd.get(), &st) < 0) throw errno_error(doing);
    if (!S_ISREG(st.st_mode))
        throw Error{fmt::format("{}: found {}, expected a regular file", doing, kind_text(st.st_mode)),
                    ErrorKind::config};
    return fd;
}

} // namespace

void check_conf_name(const std::string& name) {
    if (printable(name) == name) return;
    throw Error{fmt::format("taking {} for a watch.conf: expected a name without control characters", quote(name)),
                ErrorKind::config};
}

std::string find_watch_conf(const fs::path& directory) {
    std::error_code error;
    std::vector<std::string> others;
    for (const auto& entry : fs::directory_iterator{directory, error}) {
        auto name = entry.path().filename().native();
        if (name == "watch.conf") return name;
        if (name.size() > k_suffix.size() && name.ends_with(k_suffix) && name.front() != '.')
            others.push_back(std::move(name));
    }
    if (error)
        throw Error{fmt::format("listing {}: {}", quote(directory.native()), error.message()), ErrorKind::config};
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
                ErrorKind::config};
}

WatchConfFile read_watch_conf(const fs::path& directory, const std::string& name) {
    const Fd fd = open_regular(directory, name, "the file");
    struct stat st {};
    if (::fstat(fd.get(), &st) < 0) throw errno_error(fmt::format("looking at {}", quote((directory / name).native())));
    const ReadLease lease{fd.get()};
    using namespace std::chrono;
    const system_clock::time_point changed{
        duration_cast<system_clock::duration>(seconds{st.st_ctim.tv_sec} + nanoseconds{st.st_ctim.tv_nsec})};
    try {
        auto text = read_all(fd.get(), (directory / name).native(), k_watch_conf_limit_bytes);
        return {lease.state() == ReadLease::State::writer || lease.broken(), std::move(text), changed};
    } catch (const Error& error) {
        throw Error{error.what(), ErrorKind::config};
    }
}

void check_program(const fs::path& directory, const std::string& bin_name) {
    (void)open_regular(directory, bin_name, "the program");
}

fs::path resolve_site_directory(const fs::path& directory) {
    std::error_code error;
    auto real = fs::canonical(directory, error);
    if (error)
        throw Error{fmt::format("looking for the site's directory {}: {}", quote(directory.native()), error.message()),
                    ErrorKind::usage};
    if (!fs::is_directory(real))
        throw Error{fmt::format("looking for the site's directory {}: not a directory", quote(directory.native())),
                    ErrorKind::usage};
    // In a unit file a backslash at the end joins lines, and blanks there are cut.
    const bool bad_end = real.native().ends_with('\\') || real.native().ends_with(' ');
    if (printable(real.native()) != real.native() || real == real.root_path() || bad_end)
        throw Error{
            fmt::format(
                "taking {} for a site's directory: expected one below '/' without control characters in its name, "
                "or a backslash or blank at its end",
                quote(real.native())),
            ErrorKind::usage};
    return real;
}

} // namespace baton::site
