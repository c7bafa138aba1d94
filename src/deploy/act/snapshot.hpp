// SPDX-License-Identifier: MIT
// read -> import: what the site's directory asks for becomes a numbered release in the store, or nothing does.
#pragma once

#include "deploy/context.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/wish/wish.hpp"
#include "site/tree_index.hpp"

namespace baton::deploy {

/// What became of the attempt to make a release of the site's directory.
struct Taken {
    enum class What {
        made,      ///< a release with the number `manifest.release` is in the store
        unchanged, ///< `manifest` is the live release, which has this very content
        refused,   ///< `manifest` had this very content before, and did not hold
    };
    What what;
    site::Manifest manifest;
};

/// Copies the site's directory, once. Throws site::Unsettled when somebody changes it meanwhile: try again; Error:
/// config for a bad watch.conf, rejected for files that cannot be a release, failed for what this host could not do.
/// Nothing is left behind by a throw.
[[nodiscard]] Taken take_snapshot(SiteContext& context, const Wish& wish, Stopwatch& stopwatch);

/// A new release with the content of `of`, an older one; for a roll back. Throws Error (failed).
[[nodiscard]] site::Manifest copy_release(SiteContext& context, const site::Manifest& of);

/// Of a release's snapshot. Throws Error for who may not see that.
[[nodiscard]] site::TreeIndex index_of(const site::Store& store, int release);

} // namespace baton::deploy
