// SPDX-License-Identifier: MIT
// Ctrl-C ends the command, but not always what it has begun: it says what goes on.
#pragma once

#include <string>

namespace baton::cli {

/// While it exists, SIGINT writes `text` to standard error before it ends this process. The innermost one counts.
class OnInterrupt {
  public:
    explicit OnInterrupt(const std::string& text);
    ~OnInterrupt();
    OnInterrupt(const OnInterrupt&) = delete;
    OnInterrupt& operator=(const OnInterrupt&) = delete;

  private:
    std::string text_;
};

} // namespace baton::cli
