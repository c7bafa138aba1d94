// SPDX-License-Identifier: MIT
// The state of one site, its units and its releases, as recorded and as systemd runs them.
#pragma once

#include "deploy/context.hpp"
#include "deploy/units/private_socket.hpp"
#include "sd/unit_list.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::deploy {

/// What a release does, by the `live` link, the outcome on record, and its unit. The first line that applies counts.
///
///     state         link       outcome       unit
///     starting      elsewhere  pending       runs: it is the candidate, also while it leaves its preflight
///     draining      any        any           deactivating
///     left_over     elsewhere  any           runs: its turn is over, or never came because its deploy was killed
///     rejected      any        rejected      any
///     rolled_back   any        rolled back   any
///     stopped       elsewhere  any           down
///     failed        here       any           failed
///     starting      here       any           activating
///     stopped       here       any           down: a person stopped it, or it left by itself
///     live          here       any           runs, and is proven
///     on_probation  here       any           runs, and is not yet proven
enum class ReleaseState { starting, live, on_probation, draining, stopped, failed, rejected, rolled_back, left_over };
[[nodiscard]] std::string_view state_text(ReleaseState state) noexcept;

/// A release's start that has not ended.
struct StartReport {
    site::Time since{};
    std::optional<site::Time> until = std::nullopt; ///< TimeoutStartSec= ends it then; none for infinity
};

struct ReleaseReport {
    site::Manifest manifest;
    ReleaseState state = ReleaseState::stopped;
    std::string unit;
    sd::UnitStatus status;
    std::optional<StartReport> start; ///< while systemd waits for READY=1
    std::optional<PrivateState> told; ///< what the release says, if it runs and has a private socket
};

struct ListenerReport {
    std::string name; ///< "http", or a name from Listen in watch.conf
    std::string address;
    std::string unit;
    sd::ActiveState state{};
    std::string socket; ///< what it is bound to: the address, or one that carries it until the next stop and start
};

struct SiteReport {
    std::string site;
    site::SiteRecord record;
    std::vector<ListenerReport> listeners; ///< of the live release, HttpPort's first one before all others
    sd::ActiveState handle_state{};        ///< of SITE.service
    sd::ActiveState watch_state{};         ///< of SITE.path
    std::optional<int> live;
    std::vector<ReleaseReport> releases; ///< newest first
};

/// `units` are those that the manager has loaded. Only units that run or have failed are queried further.
[[nodiscard]] SiteReport report(SiteContext& context, const sd::UnitList& units);

/// One past release, with or without its snapshot.
struct HistoryEntry {
    site::Manifest manifest;
    bool live = false;
    bool has_snapshot = true; ///< `baton rollback SITE N` can go back to it
};

/// Every release of the site, newest first, as far back as the store keeps records.
[[nodiscard]] std::vector<HistoryEntry> history(SiteContext& context);

/// When the start began and ends, of a unit that systemd starts: pure.
[[nodiscard]] std::optional<StartReport> start_of(const sd::UnitStatus& status);

/// The state of one release: pure.
[[nodiscard]] ReleaseState release_state(const site::Manifest& manifest, const sd::UnitStatus& status,
                                         std::optional<int> live, site::Time now);

} // namespace baton::deploy
