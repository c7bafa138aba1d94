// SPDX-License-Identifier: MIT
// Requests in the background, never retried; afterwards the number of failed ones.
#pragma once

#include "load/generator.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine {

/// New connections and kept ones, at a rate that leaves the machine to what is tested.
const std::vector<std::string>& everyday_traffic();
/// Only new connections: what a client sees that has none yet.
const std::vector<std::string>& fresh_traffic();

/// Begins on construction, once the first replies have come.
class Traffic {
  public:
    explicit Traffic(const std::string& address, const std::vector<std::string>& modes = everyday_traffic());

    /// Ends it, and closes its connections, the first time; what was found.
    const baton::load::Result& result();
    /// Ends it; requests were made, and none failed.
    void check_none_failed();
    /// Ends it; requests were made, and every connection was accepted. For tests in which a process dies with
    /// requests in its hands.
    void check_none_refused();

  private:
    std::optional<baton::load::Generator> generator_; ///< until it has ended
    baton::load::Result result_;
};

} // namespace machine
