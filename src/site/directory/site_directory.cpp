// SPDX-License-Identifier: MIT
#include "site/directory/site_directory.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/directory/followed_path.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <cerrno>

namespace baton::site {

SiteDirectory open_site_directory(const std::filesystem::path& given) {
    const auto doing = fmt::format("opening the directory {}", quote(given.native()));
    auto way = go(given);
    if (way.error) throw errno_error(doing, way.error->value());
    if (way.secret)
        throw Error{
            fmt::format("{}: a symlink leads to {}, which some who may write the symlink's directory may not read",
                        doing, quote(way.secret->native())),
            error_kind::config,
            "a symlink that only root may switch may lead anywhere: root must own its directory and those above, and "
            "nobody else may write them"};
    if (!way.end) throw errno_error(doing, ENOTDIR);
    Fd fd{::openat(way.end.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) throw errno_error(doing);
    return {std::move(fd), std::move(way.path.real), std::move(way.link_writers), way.newest_link_ns};
}

} // namespace baton::site
