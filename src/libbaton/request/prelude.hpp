// SPDX-License-Identifier: MIT
// The results of the program's hooks for a request whose body has not arrived yet. It holds no part of a body.
#pragma once

#include <httplib.h>

namespace baton::engine {

struct Prelude {
    httplib::Response response; ///< as the hooks left it; the handler continues with it
    bool routed = false;        ///< a route was found
};

} // namespace baton::engine
