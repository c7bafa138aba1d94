// SPDX-License-Identifier: MIT
#include "deploy/picture/picture.hpp"

#include <algorithm>

namespace baton::deploy {

const ReleasePicture* Picture::find(std::optional<int> release) const {
    const auto is_it = [&](const ReleasePicture& picture) { return picture.record.release == release; };
    const auto found = std::find_if(releases.begin(), releases.end(), is_it);
    return found == releases.end() ? nullptr : &*found;
}

} // namespace baton::deploy
