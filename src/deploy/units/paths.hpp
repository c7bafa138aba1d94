// SPDX-License-Identifier: MIT
// Where things are on this host; one value, made by the command line, handed down.
#pragma once

#include <filesystem>

namespace baton::deploy {

struct Paths {
    std::filesystem::path state;          ///< /var/lib/baton
    std::filesystem::path units;          ///< /usr/local/lib/systemd/system: what `baton add` writes
    std::filesystem::path unit_templates; ///< /usr/share/baton/units: the text of every site's units
    std::filesystem::path runtime;        ///< /run: releases have their private sockets below it
    std::filesystem::path etc_units = {}; ///< /etc/systemd/system: an older baton wrote there, and systemctl edit does
};

} // namespace baton::deploy
