// SPDX-License-Identifier: MIT
// The two keys of watch.conf that a program may want to know: its version and, without systemd, its address.
// Not the parser of watch.conf; that one is baton's, and strict.
#pragma once

#include <string>

namespace hello {

struct SiteConf {
    std::string version = "unknown"; ///< Ver; $BATON_VER, which baton sets for a release, goes before it
    std::string address;             ///< HttpPort as libbaton takes it; empty when there is none
};

/// Reads ./watch.conf, else the only ./*.watch.conf. Never throws: what is missing or broken is said on stderr.
[[nodiscard]] SiteConf read_site_conf() noexcept;

} // namespace hello
