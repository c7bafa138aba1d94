// SPDX-License-Identifier: MIT
#include "site/anothers_secret.hpp"

namespace baton::site {

bool may_be_anothers_secret(const struct stat& file, const struct stat& directory) {
    const mode_t by_all = S_ISDIR(file.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
    if ((file.st_mode & by_all) == by_all) return false;
    const bool group_writes = (directory.st_mode & S_IWGRP) != 0;
    const bool all_write = (directory.st_mode & S_IWOTH) != 0;
    // Its owner alone put the file there, who has it or is root.
    if (!group_writes && !all_write) return directory.st_uid != 0 && directory.st_uid != file.st_uid;
    // Any of several may have; only what each of them may read is nobody's secret. A directory's group says who they
    // are only where that may write.
    const bool by_each = !all_write && file.st_gid == directory.st_gid && (file.st_mode & S_IRGRP) != 0;
    return !by_each || (file.st_nlink > 1 && !S_ISDIR(file.st_mode));
}

} // namespace baton::site
