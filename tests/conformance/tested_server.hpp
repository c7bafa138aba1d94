// SPDX-License-Identifier: MIT
// Included before a source file of cpp-httplib: makes its Server ours, or leaves it, and notes that one was made.
#pragma once

#include <httplib.h>
#ifdef ON_BATON
#include <baton/server.hpp>
#endif

namespace conformance {

#ifdef ON_BATON
using Tested = baton::Server;
#else
using Tested = httplib::Server;
#endif

inline bool server_was_made = false;

} // namespace conformance

namespace httplib {

class TestedServer : public conformance::Tested {
  public:
    TestedServer() { conformance::server_was_made = true; }
};

} // namespace httplib

#define Server TestedServer
#undef CPPHTTPLIB_OPENSSL_SUPPORT // by which those files, not the header any more, choose an SSLServer
