// SPDX-License-Identifier: MIT
// The two keys of watch.conf that a program may want: its version and, without systemd, its address. This is not
// baton's own, strict parser.
#pragma once

#include <string>

namespace hello {

struct SiteConf {
    std::string version = "unknown"; ///< Ver; $BATON_VER, which baton sets for a release, overrides it
    std::string address;             ///< HttpPort as libbaton takes it; empty if unset
};

/// Reads ./watch.conf, else the only ./*.watch.conf. Never throws: reports a missing or broken file on stderr.
[[nodiscard]] SiteConf read_site_conf() noexcept;

} // namespace hello
