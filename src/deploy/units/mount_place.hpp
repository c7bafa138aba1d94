// SPDX-License-Identifier: MIT
// Where PID 1 mounts a release's snapshot, so that the program sees it by the site's own path, and what has to be out
// of the way there: PID 1 follows symlinks, and creates what they name.
#pragma once

#include <filesystem>
#include <vector>

namespace baton::deploy {

struct MountPlace {
    std::filesystem::path at;     ///< the site's path, without the links that only the host itself has
    std::filesystem::path hidden; ///< a directory above it that is to be an empty one to a release; or empty
    std::vector<std::filesystem::path> shown; ///< directories in it that the release sees all the same
};

/// `directory` is a site's, as root gave it. Hidden is the outermost directory that others than root may write, for
/// they may put a symlink into the place; or the one that holds a link on the way, which leads elsewhere as soon as it
/// is switched, while this release still runs. In such a directory of root's, the others beside the link stay.
[[nodiscard]] MountPlace mount_place(const std::filesystem::path& directory);

} // namespace baton::deploy
