// SPDX-License-Identifier: MIT
// Checks of a site's listening sockets: does anybody listen, and how long may their queues be?
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace baton::doctor {

struct ListenerSeen {
    std::string site;
    std::string unit;
    std::string address; ///< which the socket is bound to
    bool listens = true; ///< a connection would be accepted
};
/// The listeners that systemd calls active.
[[nodiscard]] std::vector<ListenerSeen> observe_deaf(SiteSubject& site);
[[nodiscard]] Findings judge_deaf(const std::vector<ListenerSeen>& listeners);

struct QueueSeen {
    std::string site;
    std::string unit;
    std::uint64_t backlog = 0;   ///< Backlog=
    bool is_set = false;         ///< somebody has set it
    std::uint64_t somaxconn = 0; ///< net.core.somaxconn
};
[[nodiscard]] std::vector<QueueSeen> observe_queues(SiteSubject& site);
[[nodiscard]] Findings judge_queues(const std::vector<QueueSeen>& queues);

} // namespace baton::doctor
