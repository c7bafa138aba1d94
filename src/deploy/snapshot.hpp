// SPDX-License-Identifier: MIT
// read -> settle -> import: what the site's directory asks for becomes a numbered release in the store, or nothing
// does.
#pragma once

#include "deploy/context.hpp"

#include <optional>

namespace baton::deploy {

/// What to do with content that has been a release before.
enum class Repeat {
    is_an_answer, ///< live content makes no new release; content that was refused before is refused again, untried
    deploys,      ///< it makes one all the same
};

/// Waits until watch.conf has been quiet for DelaySecond and nobody writes the files any more, then copies them. None
/// when the content is that of the live release. Throws Error: config for a bad watch.conf, rejected for files that
/// cannot be a release or were one and were refused, failed for what this host could not do; nothing is left behind
/// then.
[[nodiscard]] std::optional<site::Manifest> take_snapshot(SiteContext& context, Repeat repeat);

/// Whether watch.conf is another one than that of `release`; not if it cannot be read.
[[nodiscard]] bool conf_differs_from(const SiteContext& context, int release);

/// Whether watch.conf differs from the one that the newest deploy, whatever its outcome, was made from.
[[nodiscard]] bool conf_changed_since_last_deploy(SiteContext& context);

/// A new release with the content of `of`, an older one; for a roll back.
[[nodiscard]] site::Manifest copy_release(SiteContext& context, const site::Manifest& of);

} // namespace baton::deploy
