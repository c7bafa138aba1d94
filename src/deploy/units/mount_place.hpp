// SPDX-License-Identifier: MIT
// Where PID 1 mounts a release's snapshot, so that the program sees it at the site's own path, and what must be hidden
// there: PID 1 follows symlinks, and creates what they name.
#pragma once

#include "deploy/units/paths.hpp"

#include <filesystem>
#include <vector>

namespace baton::deploy {

struct MountPlace {
    std::filesystem::path at;                 ///< the site's path, with links resolved that only the host itself has
    std::filesystem::path hidden;             ///< a directory above it that the release sees as empty; or empty
    std::vector<std::filesystem::path> shown; ///< directories in it that the release sees nevertheless
};

/// `directory` is a site's, as its manager's user gave it. Hides the outermost directory that others than root and that
/// user may write, because they could put a symlink into the place; or the one that holds a link on the way, which
/// leads elsewhere once it is switched, while this release still runs. In such a directory of root's, the others beside
/// the link stay. The same for a path that is missing: the manager would make an empty directory on the host, in the
/// way of the one that comes back.
[[nodiscard]] MountPlace mount_place(const std::filesystem::path& directory, const Paths& paths);

} // namespace baton::deploy
