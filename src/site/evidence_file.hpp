// SPDX-License-Identifier: MIT
// What a release's program printed before it failed, kept for root, for those who may read the journal, and for the
// owner of the site's directory.
#pragma once

#include "base/acl.hpp"

#include <filesystem>
#include <string_view>

namespace baton::site {

/// Who may read what the program of the site in `directory` printed: its owner, the group systemd-journal, and those
/// whom the journal's directory names (Debian: adm). Root may in any case.
[[nodiscard]] Readers evidence_readers(const std::filesystem::path& directory);

/// Replaces `path`, durably; at no moment does anybody else read it. Where the file system has no access control lists
/// only root reads it. Throws Error.
void write_evidence(const std::filesystem::path& path, std::string_view text, const Readers& readers);

} // namespace baton::site
