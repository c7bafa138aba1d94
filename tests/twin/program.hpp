// SPDX-License-Identifier: MIT
// A program written for httplib that does not know which Server it runs on. It reports what its code sees, in its
// replies and in a journal of its logger.
#pragma once

#include <httplib.h>

#include <map>
#include <mutex>
#include <string>

namespace twin {

class Journal {
  public:
    void add(const std::string& id, const std::string& text);
    /// What the logger wrote about the request with this X-Id; waits for it, five seconds at most.
    [[nodiscard]] std::string entry(const std::string& id);

  private:
    std::mutex mutex_;
    std::map<std::string, std::string> entries_;
};

/// Every member of `request` that a handler can rely on.
[[nodiscard]] std::string describe(const httplib::Request& request);

/// Routes of every kind, and every hook. `files` is a directory with a.txt in it.
void add_routes(httplib::Server& server, Journal& journal, const std::string& files);

} // namespace twin
