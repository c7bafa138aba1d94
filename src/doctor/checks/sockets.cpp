// SPDX-License-Identifier: MIT
#include "doctor/checks/sockets.hpp"

#include "doctor/proc.hpp"
#include "site/listen/listening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace baton::doctor {
namespace {

constexpr std::uint64_t k_as_many_as_allowed =
    std::numeric_limits<std::int32_t>::max();     // by default, or more from 254 on
constexpr std::uint64_t k_usual_somaxconn = 4096; // Linux 5.4 and newer

} // namespace

std::vector<ListenerSeen> observe_deaf(SiteSubject& site) {
    std::vector<ListenerSeen> seen;
    const auto now = site::Listening::now();
    const auto* const live = site.live();
    const bool up = live != nullptr && live->status.active_state == sd::ActiveState::active; // else it would start one
    if (!sd::is_up(site.report().handle_state)) return seen;
    for (const auto& listener : site.report().listeners)
        if (listener.state == sd::ActiveState::active)
            seen.push_back(
                {site.name(), listener.unit, listener.socket, now.on(site::parse_address(listener.socket), up)});
    return seen;
}

Findings judge_deaf(const std::vector<ListenerSeen>& listeners) {
    Findings found;
    for (const auto& listener : listeners)
        if (!listener.listens)
            found.push_back({fmt::format("{} is active, but nobody listens on {}", listener.unit, listener.address),
                             "connections are refused; a program that called shutdown(2) on the socket does that",
                             fmt::format("baton deploy {}", listener.site)});
    return found;
}

std::vector<QueueSeen> observe_queues(SiteSubject& site) {
    std::vector<QueueSeen> seen;
    const auto most = number_in("/proc/sys/net/core/somaxconn");
    for (const auto& socket : site.sockets())
        if (socket.is_loaded())
            seen.push_back({site.name(), socket.name, socket.values.number("Backlog"),
                            last_with(socket.drop_ins, "Backlog") != nullptr, most});
    return seen;
}

/// A socket keeps the length that it had when it began to listen. baton-exec makes it longer at the start of a release,
/// for a site whose sockets have drop-ins.
Findings judge_queues(const std::vector<QueueSeen>& queues) {
    Findings found;
    for (const auto& queue : queues) {
        const auto wanted = queue.backlog >= k_as_many_as_allowed ? k_usual_somaxconn : queue.backlog;
        if (queue.somaxconn >= wanted) continue;
        const auto applied = queue.is_set ? fmt::format("baton deploy --force {}", queue.site)
                                          : fmt::format("systemctl stop {0} && systemctl start {0}", queue.site);
        found.push_back(
            {fmt::format("net.core.somaxconn is {}, below {} of {}", queue.somaxconn,
                         queue.is_set ? fmt::format("Backlog={}", queue.backlog) : fmt::format("the usual {}", wanted),
                         queue.unit),
             fmt::format("only {} connections can wait while no release accepts", queue.somaxconn),
             in_order({set_kernel_parameter("net.core.somaxconn", std::to_string(wanted)), applied})});
    }
    return found;
}

} // namespace baton::doctor
