// SPDX-License-Identifier: MIT
#include "site/directory/directory_names.hpp"

#include "base/fd.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

namespace baton::site {

std::optional<std::vector<std::string>> names_in(int directory, std::uint64_t most) {
    Fd copy{::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(copy.get()), ::closedir};
    if (!stream) return std::nullopt;
    (void)copy.release(); // closedir closes it
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string_view name{entry->d_name};
        if (name == "." || name == "..") continue;
        names.emplace_back(name);
        if (names.size() > most) break;
        errno = 0;
    }
    if (names.size() <= most && errno != 0) return std::nullopt;
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace baton::site
