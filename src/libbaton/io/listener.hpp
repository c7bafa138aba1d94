// SPDX-License-Identifier: MIT
// A listening socket on its way to its acceptor.
#pragma once

#include "base/fd.hpp"

#include <cstdint>
#include <string>

namespace baton::engine {

/// A private connection uses the release's own socket: it is served during the drain and not counted.
enum class Audience : std::uint8_t { everyone, host };

/// Who keeps the queue of a listening socket when we stop: other processes hold an inherited socket; our own ends with
/// us.
enum class Origin : std::uint8_t { inherited, own };

struct Listener {
    Fd fd;
    std::string name; ///< for the log
    Audience audience = Audience::everyone;
    Origin origin = Origin::inherited;
};

} // namespace baton::engine
