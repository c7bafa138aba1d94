// SPDX-License-Identifier: MIT
// Where things are on this host: one value, made by the command line and passed down.
#pragma once

#include <filesystem>

namespace baton::deploy {

struct Paths {
    std::filesystem::path state;          ///< /var/lib/baton
    std::filesystem::path units;          ///< /usr/local/lib/systemd/system: `baton add` writes here
    std::filesystem::path unit_templates; ///< /usr/share/baton/units: the text of every site's units
    std::filesystem::path runtime;        ///< /run: the releases' private sockets are below it
    std::filesystem::path etc_units = {}; ///< /etc/systemd/system: systemctl edit writes here; so did an older baton
};

} // namespace baton::deploy
