// SPDX-License-Identifier: MIT
// A release's private unix socket, which only it has: what it says of itself there, and what it is told. libbaton
// serves it; another program may, and one that does not is gated by its unit's state alone.
#pragma once

#include "deploy/units/bounded_http.hpp"
#include "deploy/units/paths.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace baton::deploy {

/// GET /.baton/state, as far as a deploy needs it.
struct PrivateState {
    std::string release;
    std::string pid;
    std::string invocation;      ///< $INVOCATION_ID of its unit; empty if it does not tell
    std::string state;           ///< "held", "serving", "draining"
    std::uint64_t in_flight = 0; ///< requests
    std::uint64_t connections = 0;
    std::uint64_t requests = 0; ///< answered since its start
};

class PrivateSocket {
  public:
    PrivateSocket(const Paths& paths, std::string_view site, int release);

    /// Where the release listens: $BATON_PRIVATE_SOCKET of its unit.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] bool exists() const;

    /// None when nobody answers there with such a state within `limit`; `why` then says what happened instead.
    [[nodiscard]] std::optional<PrivateState> state(std::chrono::microseconds limit, std::string* why = nullptr) const;
    /// What comes of GET `target`, with that Host header: of one that is no 2xx also what it says for people.
    [[nodiscard]] HttpReply get(const std::string& target, const std::string& host,
                                std::chrono::microseconds limit) const;
    /// POST /.baton/accept: a release that was started held begins to accept connections. False when it did not say
    /// yes.
    [[nodiscard]] bool accept(std::chrono::microseconds limit) const;

  private:
    std::filesystem::path path_;
};

} // namespace baton::deploy
