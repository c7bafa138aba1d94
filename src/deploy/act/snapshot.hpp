// SPDX-License-Identifier: MIT
// read -> import: the content that the site's directory asks for becomes a numbered release in the store, or nothing
// does.
#pragma once

#include "deploy/context.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/wish/wish.hpp"
#include "site/release/tree_index.hpp"

namespace baton::deploy {

/// The outcome of an attempt to make a release of the site's directory.
struct Taken {
    enum class What {
        made,      ///< the release `manifest.release` is in the store
        unchanged, ///< `manifest` is the live release, which has exactly this content
        refused,   ///< `manifest` had exactly this content before, and failed
    };
    What what;
    site::Manifest manifest;
};

/// Copies the site's directory, once. Throws site::Unsettled when somebody changes it meanwhile: try again. Throws
/// Error: config for a bad watch.conf, rejected for files that cannot be a release, failed for what this host
/// prevented. A throw leaves nothing behind.
[[nodiscard]] Taken take_snapshot(SiteContext& context, const Wish& wish, Stopwatch& stopwatch);

/// A new release with the content of the older release `of`, for a roll back. Throws Error (failed).
[[nodiscard]] site::Manifest copy_release(SiteContext& context, const site::Manifest& of);

/// Frees the disk space that `release` holds for a roll back to it. Returns whether it had some.
bool give_up_reserve(const site::Store& store, int release);

/// The index of a release's snapshot. Throws Error when the caller may not read it.
[[nodiscard]] site::TreeIndex index_of(const site::Store& store, int release);

} // namespace baton::deploy
