// SPDX-License-Identifier: MIT
// Our hooks, which wrap the program's own, in the places where httplib calls them.
#pragma once

#include <array>
#include <cstdint>
#include <typeindex>
#include <vector>

namespace baton {
class Server;
}

namespace baton::engine {

/// Takes everything that the program has registered and set, through any reference, and wraps its hooks with ours. Call
/// before the first request of each run.
void install_hooks(Server& server);

/// Detects that the program sets a hook, default headers, a timeout or a count while the server runs. httplib would
/// heed it from then on.
class HookWatch {
  public:
    /// Construct after install_hooks().
    explicit HookWatch(const Server& server);
    /// True once for each change.
    [[nodiscard]] bool sees_change(const Server& server);

  private:
    struct Seen {
        std::vector<std::type_index> hooks; ///< which of them are ours
        const void* default_headers;        ///< the first of them, by which those of another call are others
        std::array<std::uint64_t, 6> settings;
        bool operator==(const Seen&) const = default;
    };
    [[nodiscard]] static Seen look_at(const Server& server);

    Seen seen_;
};

} // namespace baton::engine
