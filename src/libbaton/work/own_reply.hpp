// SPDX-License-Identifier: MIT
// What is ours to answer, whatever the program's routes are: what `baton` and a monitoring system ask of a release.
#pragma once

#include "libbaton/request/request_head.hpp"
#include "libbaton/work/core.hpp"

#include <string>

namespace baton::engine {

[[nodiscard]] bool is_own(const Core& core, Audience audience, const RequestHead& asked) noexcept;

struct OwnReply {
    int status;
    std::string text; ///< all of it
};
/// The reply to a request that is_own(); `closes`: it says that the connection ends with it. Throws std::bad_alloc.
[[nodiscard]] OwnReply make_own_reply(const Core& core, const RequestHead& asked, bool closes);

} // namespace baton::engine
