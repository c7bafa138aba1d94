// SPDX-License-Identifier: MIT
// The output of a release's program before it failed, kept for root, for the readers of the journal, and for the owner
// of the site's directory.
#pragma once

#include "base/acl.hpp"

#include <filesystem>
#include <string_view>

namespace baton::site {

/// The readers of the output of the site in `directory`: its owner, the group systemd-journal, and those named by the
/// journal's directory (Debian: adm). Root may always read it.
[[nodiscard]] Readers evidence_readers(const std::filesystem::path& directory);

/// Replaces `path`, durably; nobody else can read it at any moment. On a file system without access control lists, only
/// root can read it. Throws Error.
void write_evidence(const std::filesystem::path& path, std::string_view text, const Readers& readers);

} // namespace baton::site
