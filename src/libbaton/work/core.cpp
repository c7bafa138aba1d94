// SPDX-License-Identifier: MIT
#include "libbaton/work/core.hpp"

namespace baton::engine {

void Core::set_phase(Connection& connection, Phase phase) noexcept {
    auto& those = counters_of(connection);
    if (connection.phase == Phase::writing) subtract(those.writing);
    if (connection.phase == Phase::lingering) subtract(those.lingering);
    if (phase == Phase::writing) add(those.writing);
    if (phase == Phase::lingering) add(those.lingering);
    connection.phase = phase;
}

} // namespace baton::engine
