// SPDX-License-Identifier: MIT
// A release's private unix socket: what the release says of itself there, and what baton tells it. libbaton serves it,
// and other programs may. For a program that does not, the state of its unit is the only gate.
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

/// What a release does with the connections of its site; `unknown` for a word that baton-program(7) does not have.
enum class ServingState : std::uint8_t { unknown, held, serving, draining };
[[nodiscard]] std::string_view text(ServingState state) noexcept;

/// GET /.baton/state, as far as a deploy needs it.
struct PrivateState {
    std::string release;
    std::string pid;
    std::string invocation; ///< $INVOCATION_ID of its unit; empty if it does not say
    ServingState state = ServingState::unknown;
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

    /// Empty when no such state arrives within `limit`; `why` then says what happened instead.
    [[nodiscard]] std::optional<PrivateState> state(std::chrono::microseconds limit, std::string* why = nullptr) const;
    /// The outcome of GET `target` with that Host header; for a reply other than 2xx, also what it tells people.
    [[nodiscard]] HttpReply get(const std::string& target, const std::string& host,
                                std::chrono::microseconds limit) const;
    /// POST /.baton/accept: a held release begins to accept connections. False when it did not confirm.
    [[nodiscard]] bool accept(std::chrono::microseconds limit) const;

  private:
    std::filesystem::path path_;
};

} // namespace baton::deploy
