// SPDX-License-Identifier: MIT
// A listening socket on its way to its acceptor.
#pragma once

#include "base/fd.hpp"

#include <cstdint>
#include <string>

namespace baton::engine {

/// A private connection came by the release's own socket: it is served while draining and not counted.
enum class Audience : std::uint8_t { everyone, host };

/// Whose the queue of a listening socket is when we stop: others hold an inherited one; our own dies with us.
enum class Origin : std::uint8_t { inherited, own };

struct Listener {
    Fd fd;
    std::string name; ///< for the log
    Audience audience = Audience::everyone;
    Origin origin = Origin::inherited;
};

} // namespace baton::engine
