// SPDX-License-Identifier: MIT
// Our hooks, which wrap the program's own, in the places where httplib calls them.
#pragma once

namespace baton {
class Server;
}

namespace baton::engine {

/// Takes everything that the program has registered and set, through any reference, and wraps its hooks with ours. Call
/// before the first request of each run.
void install_hooks(Server& server);

} // namespace baton::engine
