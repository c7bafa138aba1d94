// SPDX-License-Identifier: MIT
#include "deploy/units/mount_place.hpp"

#include "site/directory/followed_path.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string_view>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_most_links = 40; // MAXSYMLINKS, path_resolution(7)

bool is_written_by_others(const fs::path& directory, uid_t owner) {
    struct stat st = {};
    return ::lstat(directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != owner) ||
           (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// No program works without these; a link in them belongs to the host and is seldom switched.
bool is_needed(const fs::path& directory) {
    constexpr std::array<std::string_view, 3> k_themselves{"/", "/var", "/var/lib"};
    constexpr std::array<std::string_view, 6> k_with_all_below{"dev", "etc", "proc", "run", "sys", "usr"};
    const auto is = [](std::string_view text) { return [text](std::string_view one) { return one == text; }; };
    const auto top = directory == "/" ? fs::path{} : *std::next(directory.begin());
    return std::any_of(k_themselves.begin(), k_themselves.end(), is(directory.native())) ||
           std::any_of(k_with_all_below.begin(), k_with_all_below.end(), is(top.native()));
}

/// ProtectHome= of the system's releases hides these: a mount inside would open them.
bool is_closed(const fs::path& directory, sd::Scope scope) {
    if (scope == sd::Scope::user) return false;
    const auto top = *std::next(directory.begin());
    return top == "home" || top == "root";
}

std::vector<fs::path> directories_beside(const fs::path& link) {
    std::vector<fs::path> found;
    std::error_code error; // an unreadable directory is not shown
    for (const auto& entry : fs::directory_iterator{link.parent_path(), error})
        if (entry.path() != link && fs::is_directory(entry.symlink_status(error)) && site::fits_unit_file(entry.path()))
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

/// `at`, and the rest of the way.
fs::path with(fs::path at, const std::deque<fs::path>& rest) {
    for (const auto& part : rest)
        at /= part;
    return at;
}

} // namespace

MountPlace mount_place(const fs::path& directory, const Paths& paths) {
    fs::path at{"/"};
    std::deque<fs::path> rest{directory.begin(), directory.end()};
    for (std::size_t links = 0; !rest.empty() && links < k_most_links;) {
        if (is_written_by_others(at, paths.owner)) {
            const bool is_private = at == "/" || at == "/tmp" || at == "/var/tmp"; // PrivateTmp= provides these
            return {with(at, rest), is_private ? fs::path{} : at, {}};
        }
        if (rest.front().empty() || rest.front() == ".") {
            rest.pop_front();
            continue;
        }
        const auto next = rest.front() == ".." ? at.parent_path() : at / rest.front(); // works for "/" as well
        std::error_code error;
        const auto found = fs::symlink_status(next, error);
        const bool is_link = fs::is_symlink(found);
        const bool is_missing = found.type() == fs::file_type::not_found;
        if ((is_link || is_missing) && !is_needed(at))
            return {with(at, rest), at,
                    is_closed(at, paths.scope) ? std::vector<fs::path>{} : directories_beside(next)};
        if (is_missing) break;
        rest.pop_front();
        if (!is_link) {
            at = next;
            continue;
        }
        const auto target = fs::read_symlink(next, error);
        rest.insert(rest.begin(), target.begin(), target.end());
        ++links;
    }
    return {with(at, rest), {}, {}};
}

} // namespace baton::deploy
