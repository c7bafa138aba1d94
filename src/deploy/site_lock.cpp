// SPDX-License-Identifier: MIT
#include "deploy/site_lock.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace baton::deploy {

Lock lock_site(const SiteContext& context, OnBusy on_busy) {
    if (on_busy == OnBusy::wait) return Lock::take(context.store.lock_path());
    if (auto lock = Lock::try_take(context.store.lock_path())) return std::move(*lock);
    throw Error{fmt::format("deploying {}: another deploy of it is running", quote(context.name())), ErrorKind::busy,
                fmt::format("journalctl -f -u {} shows it; systemctl reload {} waits for its turn", context.name(),
                            context.name())};
}

} // namespace baton::deploy
