// SPDX-License-Identifier: MIT
// File systems on which other hosts, or other programs, write unseen: without an inotify event, past a lease of ours.
#pragma once

#include <string_view>

namespace baton::site {

/// "NFS", "CIFS", "FUSE", ... for such a file system's f_type, statfs(2); empty for a local one.
[[nodiscard]] std::string_view network_file_system(long type) noexcept;

} // namespace baton::site
