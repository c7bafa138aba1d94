// SPDX-License-Identifier: MIT
// Our hooks, which wrap the program's own, in the places where httplib calls them.
#pragma once

#include <typeindex>
#include <vector>

namespace baton {
class Server;
}

namespace baton::engine {

/// Takes everything that the program has registered and set, through any reference, and wraps its hooks with ours. Call
/// before the first request of each run.
void install_hooks(Server& server);

/// Detects that the program sets a hook while the server runs. httplib would call such a hook from then on.
class HookWatch {
  public:
    /// Construct after install_hooks().
    explicit HookWatch(const Server& server);
    /// True once, if another hook has replaced one of ours.
    [[nodiscard]] bool sees_change(const Server& server);

  private:
    std::vector<std::type_index> seen_;
};

} // namespace baton::engine
