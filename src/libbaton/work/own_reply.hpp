// SPDX-License-Identifier: MIT
// Requests that libbaton answers itself, whatever the program's routes: those of `baton` and of monitoring systems.
#pragma once

#include "libbaton/request/request_head.hpp"
#include "libbaton/work/core.hpp"

#include <string>

namespace baton::engine {

[[nodiscard]] bool is_own(const Core& core, Audience audience, const RequestHead& asked) noexcept;

struct OwnReply {
    int status;
    std::string text; ///< the whole reply
};
/// The reply to a request that is_own(); `closes`: it says Connection: close. Throws std::bad_alloc.
[[nodiscard]] OwnReply make_own_reply(const Core& core, const RequestHead& asked, bool closes);

} // namespace baton::engine
