// SPDX-License-Identifier: MIT
// The routes of baton-hello: one for each kind of traffic that a release must not break.
#pragma once

#include <baton/server.hpp>

#include <string>

namespace hello {

/// GET /hello, /healthz, /slow?ms=N, /stream?n=N&ms=M; POST /upload.
void add_routes(baton::Server& server, const std::string& version);

} // namespace hello
