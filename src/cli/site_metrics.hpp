// SPDX-License-Identifier: MIT
// The state of sites as Prometheus metrics, for a node_exporter textfile; docs/METRICS.md lists the names. What a
// release itself counts is elsewhere: libbaton serves it.
#pragma once

#include "deploy/wish/decision.hpp"
#include "site/release/manifest.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::cli {

/// What is told of one site.
struct SiteNumbers {
    std::string site;
    bool up = false;          ///< its handle is active: it is to serve
    int live = 0;             ///< the live release; 0: none
    std::string version = {}; ///< Ver of the live release
    bool serving = false;     ///< the live release runs
    bool on_probation = false;
    std::optional<site::Time> live_since = std::nullopt;
    deploy::Decision decided = {}; ///< the outcome of the newest deploy
    bool put_off = false;          ///< the host prevented the newest deploy, which is tried again
    int draining = 0;              ///< releases
    std::optional<site::Time> drain_since = std::nullopt; ///< since when the one that drains longest does
    std::map<std::string, int> findings = {};             ///< of baton status, by check; each check is there
};

struct HostNumbers {
    site::Time now{};
    std::map<std::string, int> findings; ///< as above
    std::vector<SiteNumbers> sites;
};

/// The text, format 0.0.4. Every family is there, also without a site.
[[nodiscard]] std::string metrics_text(const HostNumbers& host);

} // namespace baton::cli
