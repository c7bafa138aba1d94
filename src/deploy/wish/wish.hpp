// SPDX-License-Identifier: MIT
// What is wanted of a site: what its directory has, or an older release that a person asked for. The newest wish
// counts, stands until it is decided, and survives a power cut: wish.json in the site's state.
#pragma once

#include "site/store.hpp"
#include "site/tree_index.hpp"

#include <cstdint>
#include <optional>

namespace baton::deploy {

/// What a person (or `systemctl reload`) asked for last.
struct Wish {
    std::uint64_t number = 0;   ///< one more than that of the wish before; 0: nobody has asked yet
    std::optional<int> release; ///< roll back to this one's content; none: what the directory has
    int outweighs = 0;          ///< verdicts on releases up to this one do not count: the person has seen them
    bool anew = false;          ///< make a release even of content that is live
    site::SourceStamp conf;     ///< watch.conf when it was asked for; an edit since is a newer wish
};

/// Writes a wish that replaces the one before; `wish.number` is set. Any number of processes may do so at once.
Wish write_wish(const site::Store& store, Wish wish);
/// The same for a reload, by whomever: it joins a person's wish for an older release, if watch.conf has not been edited
/// since. The watch may have asked for it before the person did, and the reload come when the wish is fulfilled.
Wish join_wish(const site::Store& store, Wish wish);
/// The newest one. Throws Error when it cannot be read.
[[nodiscard]] Wish read_wish(const site::Store& store);

} // namespace baton::deploy
