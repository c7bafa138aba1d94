// SPDX-License-Identifier: MIT
// Finds out that httplib's own stop() was called, through an httplib::Server&: it shuts and closes the socket that it
// takes for the listening one. That is one end of a pair here; no listening socket is ever shut.
#pragma once

#include "base/fd.hpp"

#include <httplib.h>

namespace baton::engine {

class StopLine {
  public:
    /// From now on `server` has a socket to stop: INVALID_SOCKET would mean "stopping" to httplib's content providers.
    /// Throws Error.
    explicit StopLine(httplib::Server& server);
    ~StopLine();
    StopLine(const StopLine&) = delete;
    StopLine& operator=(const StopLine&) = delete;

    /// Has something to be read once stop() was called; another one after take().
    [[nodiscard]] int descriptor() const noexcept { return end_.get(); }
    /// True when it was called since the last time. Throws Error.
    [[nodiscard]] bool take();
    /// What is_running() says.
    void set_running(bool running) noexcept;

  private:
    void lay();

    httplib::Server& server_;
    Fd end_;
};

} // namespace baton::engine
