// SPDX-License-Identifier: MIT
#include "content.hpp"

#include <fmt/format.h>

#include <array>

namespace simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::array<const char*, k_kinds> k_texts{"good",
                                                   "good, slow to start",
                                                   "good, slow to leave",
                                                   "exits at its start",
                                                   "never healthy",
                                                   "crashes on probation",
                                                   "crashes after probation",
                                                   "exits with 0 on probation",
                                                   "needs the database",
                                                   "no watch.conf",
                                                   "good, not held back",
                                                   "never accepts"};

} // namespace

Content content_of(ContentId id) noexcept {
    if (id == k_half_written) return {.kind = Kind::no_conf};
    const int rest = id / k_kinds;
    return {.kind = static_cast<Kind>(id % k_kinds),
            .address = static_cast<std::uint8_t>(rest % 3 == 2 ? 1 : 0),
            .delay = rest % 4 == 3 ? Ms{2s} : Ms{0}};
}

std::string content_text(ContentId id) {
    if (id == k_half_written) return "half of a watch.conf";
    const auto content = content_of(id);
    return fmt::format("content {} ({}, port {}{})", id, k_texts.at(static_cast<std::size_t>(content.kind)),
                       content.address, content.delay > 0ms ? ", DelaySecond 2" : "");
}

bool holds(Kind kind) noexcept {
    return kind == Kind::good || kind == Kind::slow || kind == Kind::busy || kind == Kind::needs_database ||
           kind == Kind::foreign;
}

} // namespace simulation
