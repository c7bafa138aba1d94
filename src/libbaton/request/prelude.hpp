// SPDX-License-Identifier: MIT
// What the program's hooks have said to a request whose body is still to come. No part of a body is kept here.
#pragma once

#include <httplib.h>

namespace baton::engine {

struct Prelude {
    httplib::Response response; ///< as the hooks left it; the handler goes on with it
    bool routed = false;        ///< there is a route
};

} // namespace baton::engine
