// SPDX-License-Identifier: MIT
// Whose service manager this is about, and where that manager's and baton's things are: one value, made by the command
// line and passed down.
#pragma once

#include "sd/scope.hpp"

#include <filesystem>

#include <sys/types.h>

namespace baton::deploy {

struct Paths {
    std::filesystem::path state;          ///< /var/lib/baton
    std::filesystem::path units;          ///< /usr/local/lib/systemd/system: `baton add` writes here
    std::filesystem::path unit_templates; ///< /usr/share/baton/units: the text of every site's units
    std::filesystem::path runtime;        ///< /run: the releases' private sockets are below it
    std::filesystem::path etc_units = {}; ///< /etc/systemd/system: systemctl edit writes here; so did an older baton
    sd::Scope scope = sd::Scope::system;
    uid_t owner = 0; ///< the manager's user: registers sites, binds their sockets, owns their state

    /// /run/systemd/system: systemctl edit --runtime writes here.
    [[nodiscard]] std::filesystem::path runtime_units() const { return runtime / "systemd" / sd::unit_folder(scope); }
};

} // namespace baton::deploy
