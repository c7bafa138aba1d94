// SPDX-License-Identifier: MIT
// What a worker has at hand for the connections it claims, one after the other.
#pragma once

#include "libbaton/work/turn.hpp"

namespace baton::engine {

class Session {
  public:
    explicit Session(Core& core);

    /// Does all that can be done now on a connection the caller has claimed. It is parked or closed afterwards.
    void serve(Connection& connection) noexcept;

  private:
    /// Takes a turn, and leaves the connection as that says. True: an event came meanwhile; it is claimed still.
    [[nodiscard]] bool take_turn(Turn& turn, Connection& connection);
    void close(Turn& turn, Connection& connection) noexcept;

    Core& core_;
    Input input_;
    Output output_{core_.activity};
    Gatherer gatherer_{core_, input_};
};

} // namespace baton::engine
