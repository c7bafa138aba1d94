// SPDX-License-Identifier: MIT
// The owner rule: what its owner keeps from others could have been linked or moved into a directory that those may
// write.
#pragma once

#include "base/acl.hpp"

namespace baton::site {

/// Whether the writers of `directory`, who put `file` there, might not be able to read it themselves.
/// fs.protected_hardlinks=1 keeps them from links, but not from moves, nor from links that are older than the setting.
[[nodiscard]] bool may_be_anothers_secret(const Access& file, const Access& directory);

} // namespace baton::site
