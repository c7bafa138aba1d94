// SPDX-License-Identifier: MIT
// After a deploy that was killed, at whatever instant: what runs is compared with what is recorded, and made to agree.
#pragma once

#include "deploy/context.hpp"

namespace baton::deploy {

/// Call with the site's lock held, before anything else is done.
void recover(SiteContext& context);

} // namespace baton::deploy
