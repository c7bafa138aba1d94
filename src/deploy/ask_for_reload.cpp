// SPDX-License-Identifier: MIT
#include "deploy/ask_for_reload.hpp"

#include "deploy/units/unit_names.hpp"

#include <chrono>

namespace baton::deploy {

void ask_for_reload(sd::Manager& manager, const std::string& site) {
    constexpr std::chrono::seconds k_look_again{1};
    const auto handle = handle_unit(site);
    while (!manager.queue_reload(handle)) {
        for (const auto& unit : manager.list_named({handle}))
            if (unit.job == "stop") return;
        manager.wait_for_change({}, k_look_again);
    }
}

} // namespace baton::deploy
