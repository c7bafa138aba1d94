// SPDX-License-Identifier: MIT
#include "site/directory/run_directory.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

bool is_left_over(const fs::path& path, const struct stat& st, uid_t owner) {
    std::error_code error;
    return S_ISDIR(st.st_mode) && st.st_uid == owner && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           fs::is_empty(path, error) && !error;
}

} // namespace

void require_free_run_directory(const fs::path& run, std::string_view site, uid_t owner) {
    const auto path = run / site;
    struct stat st = {};
    if (::lstat(path.c_str(), &st) < 0) {
        if (errno == ENOENT) return;
        throw errno_error(fmt::format("looking at {}", quote(path.native())));
    }
    if (!is_left_over(path, st, owner))
        throw Error{fmt::format("adding {}: {} belongs to something else, but the site needs it for its unix sockets",
                                quote(site), quote(path.native())),
                    error_kind::usage, "choose another name"};
}

} // namespace baton::site
