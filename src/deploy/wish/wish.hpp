// SPDX-License-Identifier: MIT
// What is wanted of a site: its directory's content, or an older release that a person asked for. The newest wish
// counts, stands until it is decided, and survives a power cut: wish.json in the site's state.
#pragma once

#include "site/release/store.hpp"
#include "site/release/tree_index.hpp"

#include <cstdint>
#include <optional>

namespace baton::deploy {

/// The last request by a person (or by `systemctl reload`).
struct Wish {
    std::uint64_t number = 0;   ///< one more than the wish before; 0: nobody has asked yet
    std::optional<int> release; ///< roll back to this release's content; empty: deploy the directory
    int outweighs = 0;          ///< verdicts on releases up to this one do not count: the person knows them
    bool anew = false;          ///< make a release even of live content
    site::SourceStamp conf;     ///< watch.conf at the time of the request; a later edit is a newer wish
};

/// Writes a wish that replaces the one before, and sets `wish.number`. Any number of processes may do so at once.
Wish write_wish(const site::Store& store, Wish wish);
/// The same for a reload, whoever asked for it. It joins a person's wish for an older release, if watch.conf was not
/// edited since: the watch may have asked before the person did, and its reload comes when the wish is fulfilled.
Wish join_wish(const site::Store& store, Wish wish);
/// The newest wish. Throws Error when it cannot read it.
[[nodiscard]] Wish read_wish(const site::Store& store);

} // namespace baton::deploy
