// SPDX-License-Identifier: MIT
#include "deploy/change_watch.hpp"

#include "site/directory/followed_path.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace baton::deploy {

ChangeWatch::ChangeWatch(const SiteContext& context) noexcept : inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)} {
    if (!inotify_) return;
    constexpr auto k_events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;
    for (const auto& link : site::go(context.record.directory).path.links)
        (void)::inotify_add_watch(inotify_.get(), link.parent_path().c_str(), k_events);
    (void)::inotify_add_watch(inotify_.get(), context.record.directory.c_str(), k_events);
    (void)::inotify_add_watch(inotify_.get(), context.store.directory().c_str(), IN_MOVED_TO | IN_ONLYDIR);
}

void ChangeWatch::forget_changes() noexcept {
    std::array<char, 4096> events{};
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
}

} // namespace baton::deploy
