// SPDX-License-Identifier: MIT
// The owner rule: a file that its owner keeps private could have been linked or moved into a directory that others may
// write.
#pragma once

#include "base/acl.hpp"

namespace baton::site {

/// Whether some writer of `directory`, who may have put `file` there, might not be able to read it.
/// fs.protected_hardlinks=1 prevents links, but not moves, and not links that are older than the setting.
[[nodiscard]] bool may_be_anothers_secret(const Access& file, const Access& directory);

} // namespace baton::site
