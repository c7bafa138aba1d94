// SPDX-License-Identifier: MIT
// What the one who looks at a site knows beside what can be seen.
#pragma once

namespace baton::deploy {

struct Occasion {
    bool registers = false;      ///< the site is being added: it counts as up before its handle is
    bool client_waits = false;   ///< this process was started by a connection
    bool start_is_asked = false; ///< by the handle's start, or by a person
    bool start_only = false;     ///< by the handle's start
};

} // namespace baton::deploy
