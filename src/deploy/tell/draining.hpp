// SPDX-License-Identifier: MIT
// How far the draining releases of a site have come, for whoever watches.
#pragma once

#include "deploy/context.hpp"

#include <cstdint>

namespace baton::deploy {

class DrainProgress {
  public:
    explicit DrainProgress(SiteContext& context) : context_{context} {}

    /// "release 7 drains: 3 requests in flight, 12 connections"; empty when none drains. Asks each of them.
    [[nodiscard]] std::string text();
    /// The share of the connections seen first that have ended; call text() before.
    [[nodiscard]] double share() const noexcept;

  private:
    SiteContext& context_;
    std::uint64_t most_ = 0;
    std::uint64_t left_ = 0;
};

} // namespace baton::deploy
