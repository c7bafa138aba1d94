// SPDX-License-Identifier: MIT
// The head of one request, understood.
#pragma once

#include "libbaton/http/head.hpp"
#include "libbaton/http/target.hpp"

#include <string>

namespace baton::engine {

struct RequestHead {
    std::string text; ///< what the others view; empty: that is in a worker's input, and good until more is received
    http::Head head;
    http::Target target; ///< all of it empty where the head's target is none
};

} // namespace baton::engine
