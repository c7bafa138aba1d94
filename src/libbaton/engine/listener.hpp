// SPDX-License-Identifier: MIT
// A listening socket on its way to its acceptor.
#pragma once

#include "base/fd.hpp"
#include "libbaton/engine/connection.hpp"

#include <string>

namespace baton::engine {

/// Whose the queue of a listening socket is when we stop: others hold an inherited one; our own dies with us.
enum class Origin : std::uint8_t { inherited, own };

struct Listener {
    Fd fd;
    std::string name; ///< for the log
    Audience audience = Audience::everyone;
    Origin origin = Origin::inherited;
};

} // namespace baton::engine
