// SPDX-License-Identifier: MIT
// What can be seen of a site at rest, whether simulated or on a booted systemd.
#pragma once

#include "content.hpp"
#include "deploy/wish/decision.hpp"

#include <array>
#include <string>
#include <vector>

namespace simulation {

struct Seen {
    struct Release {
        int number = 0;
        ContentId content = 0;
        std::string outcome; ///< as recorded
        std::string unit;    ///< its ActiveState
        bool operator==(const Release&) const = default;
    };
    std::string handle; ///< ActiveState of SITE.service
    std::string watch;  ///< ... and of SITE.path
    std::array<bool, 2> listens{};
    bool client_waits = false;
    int live = 0;
    int newest = 0;                ///< the number of the release that was made last
    bool edit_is_open = false;     ///< watch.conf is not what was last decided on
    bool wish_is_open = false;     ///< a person's, or a reload's
    bool put_off = false;          ///< what is wanted now, by the host
    std::string result;            ///< what became of what was last decided on
    std::vector<Release> releases; ///< those with a snapshot, ascending
    bool operator==(const Seen&) const = default;
};

/// Of Seen::result.
[[nodiscard]] std::string result_text(baton::deploy::Decision::Result result);

/// The same with the releases numbered from 1 on: what cannot be had is tried again and again, each time by another
/// number.
[[nodiscard]] Seen renumbered(Seen seen);
[[nodiscard]] std::string seen_text(const Seen& seen);

} // namespace simulation
