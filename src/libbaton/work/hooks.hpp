// SPDX-License-Identifier: MIT
// Our hooks round the program's own, in the places where httplib calls them.
#pragma once

namespace baton {
class Server;
}

namespace baton::engine {

/// Takes what the program has registered and set, through whatever reference, and puts our hooks round its own. Before
/// the first request of each run.
void install_hooks(Server& server);

} // namespace baton::engine
