// SPDX-License-Identifier: MIT
// What the process that looks at a site knows beyond what it can see.
#pragma once

namespace baton::deploy {

struct Occasion {
    bool registers = false;      ///< the site is being added: it counts as up before its handle is up
    bool client_waits = false;   ///< a connection started this process
    bool start_is_asked = false; ///< by the handle's start, or by a person
    bool start_only = false;     ///< by the handle's start
};

} // namespace baton::deploy
