// SPDX-License-Identifier: MIT
#include "site/directory/anothers_secret.hpp"

#include <algorithm>

namespace baton::site {
namespace {

/// The permissions that reading needs; for a directory, also to search it.
mode_t reading(const Access& file) {
    return S_ISDIR(file.status.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
}

bool may_all_read(const Access& file) {
    const auto needed = reading(file);
    const auto suffices = [&](mode_t permissions) { return (permissions & needed) == needed; };
    const auto suffices_for = [&](const auto& named) { return suffices(named.second); };
    if (!suffices(file.others_permissions())) return false;
    // A user or group named in a list has exactly the permissions given there.
    return !file.list || (suffices(file.list->owning_group) &&
                          std::all_of(file.list->users.begin(), file.list->users.end(), suffices_for) &&
                          std::all_of(file.list->groups.begin(), file.list->groups.end(), suffices_for));
}

bool may_user_read(const Access& file, uid_t user) {
    if (user == file.status.st_uid || user == 0) return true;
    if (!file.list) return false;
    const auto named = file.list->users.find(user);
    return named != file.list->users.end() && (named->second & reading(file)) == reading(file);
}

bool may_group_read(const Access& file, gid_t group) {
    const auto needed = reading(file);
    if (group == file.status.st_gid) return (file.group_permissions() & needed) == needed;
    if (!file.list) return false;
    const auto named = file.list->groups.find(group);
    return named != file.list->groups.end() && (named->second & needed) == needed;
}

bool writes(mode_t permissions) {
    return (permissions & S_IWOTH) != 0;
}

bool others_write(const Access& directory) {
    const auto one = [](const auto& named) { return writes(named.second); };
    return writes(directory.others_permissions()) || writes(directory.group_permissions()) ||
           (directory.list && (std::any_of(directory.list->users.begin(), directory.list->users.end(), one) ||
                               std::any_of(directory.list->groups.begin(), directory.list->groups.end(), one)));
}

/// Whether every writer of `directory` except its owner may read `file`, by name or group.
bool may_each_read(const Access& file, const Access& directory) {
    if (writes(directory.group_permissions()) && !may_group_read(file, directory.status.st_gid)) return false;
    if (!directory.list) return true;
    return std::all_of(directory.list->users.begin(), directory.list->users.end(),
                       [&](const auto& named) { return !writes(named.second) || may_user_read(file, named.first); }) &&
           std::all_of(directory.list->groups.begin(), directory.list->groups.end(),
                       [&](const auto& named) { return !writes(named.second) || may_group_read(file, named.first); });
}

} // namespace

bool may_be_anothers_secret(const Access& file, const Access& directory) {
    if (may_all_read(file)) return false;
    // Only the directory's owner can have put the file there: fine if they own the file or are root.
    if (!others_write(directory)) return directory.status.st_uid != 0 && directory.status.st_uid != file.status.st_uid;
    // Any of several writers may have put it there; it is not a secret only if each of them may read it.
    const bool by_each = !writes(directory.others_permissions()) && may_each_read(file, directory) &&
                         (may_user_read(file, directory.status.st_uid) || directory.status.st_uid == 0 ||
                          may_group_read(file, directory.status.st_gid));
    return !by_each || (file.status.st_nlink > 1 && !S_ISDIR(file.status.st_mode));
}

} // namespace baton::site
