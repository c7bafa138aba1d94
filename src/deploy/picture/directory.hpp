// SPDX-License-Identifier: MIT
// The site's directory as an upload leaves it: which watch.conf, is it complete, has the rest arrived as well?
#pragma once

#include "deploy/act/pursued.hpp"
#include "deploy/picture/picture.hpp"

namespace baton::deploy {

[[nodiscard]] ConfPicture look_at_directory(Pursued& pursued, const Decision& decided, const Wish& wish);

/// The fingerprint that shows whether the directory has changed since watch.conf was refused; empty when unreadable.
[[nodiscard]] std::string fingerprint(const site::SiteRecord& record) noexcept;
/// Whether refused content may be different now: the program has arrived, or another one. Looks at each file's
/// metadata.
[[nodiscard]] bool has_changed_since_refused(const site::SiteRecord& record, const Decision& decided) noexcept;

} // namespace baton::deploy
