// SPDX-License-Identifier: MIT
// The parsed head of one request.
#pragma once

#include "libbaton/http/head.hpp"
#include "libbaton/http/target.hpp"

#include <string>

namespace baton::engine {

struct RequestHead {
    std::string
        text; ///< the text that the others view; empty: it is in a worker's input, and valid until more is received
    http::Head head;
    http::Target target; ///< empty if the head's target is invalid
};

} // namespace baton::engine
