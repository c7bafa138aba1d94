// SPDX-License-Identifier: MIT
// Detects a call of httplib's own stop() through an httplib::Server&: stop() shuts and closes the socket that it treats
// as the listening one. Here that is one end of a socket pair; no listening socket is ever shut.
#pragma once

#include "base/fd.hpp"

#include <httplib.h>

namespace baton::engine {

class StopLine {
  public:
    /// Gives `server` a socket to stop: INVALID_SOCKET would mean "stopping" to httplib's content providers. Throws
    /// Error.
    explicit StopLine(httplib::Server& server);
    ~StopLine();
    StopLine(const StopLine&) = delete;
    StopLine& operator=(const StopLine&) = delete;

    /// Readable once stop() was called. take() replaces it.
    [[nodiscard]] int descriptor() const noexcept { return end_.get(); }
    /// True if stop() was called since the last time. Throws Error.
    [[nodiscard]] bool take();
    /// The value of is_running().
    void set_running(bool running) noexcept;

  private:
    void lay();

    httplib::Server& server_;
    Fd end_;
};

} // namespace baton::engine
