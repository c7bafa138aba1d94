// SPDX-License-Identifier: MIT
// The identity of this process among a site's releases, from the environment of its unit.
#pragma once

#include "libbaton/work/core.hpp"

#include <string>

namespace baton::service {

struct Identity {
    std::string site;       ///< $BATON_SITE
    std::string release;    ///< $BATON_RELEASE
    std::string version;    ///< $BATON_VER
    std::string invocation; ///< $INVOCATION_ID, systemd.exec(5)

    [[nodiscard]] static Identity from_environment();
    /// BATON_SITE= and BATON_RELEASE= as lines for the journal; empty if unset.
    [[nodiscard]] std::string journal_lines() const;
};

/// The body of GET /.baton/state, one JSON object; empty names are null.
[[nodiscard]] std::string state_json(const Identity& identity, const engine::Core& core);

} // namespace baton::service
