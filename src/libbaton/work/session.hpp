// SPDX-License-Identifier: MIT
// A worker's tools for the connections that it claims, one after another.
#pragma once

#include "libbaton/work/turn.hpp"

namespace baton::engine {

class Session {
  public:
    explicit Session(Core& core);

    /// Does everything possible now on a connection that the caller has claimed, then parks or closes it.
    void serve(Connection& connection) noexcept;

  private:
    /// Takes a turn, and leaves the connection as the turn decides. True: an event came meanwhile, and it is still
    /// claimed.
    [[nodiscard]] bool take_turn(Turn& turn, Connection& connection);
    void close(Turn& turn, Connection& connection) noexcept;

    Core& core_;
    Input input_;
    Output output_{core_.activity};
    Gatherer gatherer_{core_, input_};
};

} // namespace baton::engine
