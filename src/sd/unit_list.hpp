// SPDX-License-Identifier: MIT
// The result of one unit listing by the manager, by unit name.
#pragma once

#include "sd/units.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::sd {

class UnitList {
  public:
    explicit UnitList(std::vector<UnitListing> units) {
        for (auto& unit : units) {
            auto name = unit.name;
            units_.emplace(std::move(name), std::move(unit));
        }
    }
    /// Null if systemd has not loaded the unit.
    [[nodiscard]] const UnitListing* find(std::string_view name) const {
        const auto found = units_.find(name);
        return found == units_.end() ? nullptr : &found->second;
    }
    /// ActiveState=; "inactive" if the unit is not loaded.
    [[nodiscard]] ActiveState active_state(std::string_view name) const {
        const auto* const unit = find(name);
        return unit == nullptr ? ActiveState::inactive : unit->active_state;
    }
    [[nodiscard]] bool is_active(std::string_view name) const { return active_state(name) == ActiveState::active; }
    [[nodiscard]] auto begin() const { return units_.begin(); }
    [[nodiscard]] auto end() const { return units_.end(); }
    /// The first unit whose name is not before `name`.
    [[nodiscard]] auto from(std::string_view name) const { return units_.lower_bound(name); }

  private:
    std::map<std::string, UnitListing, std::less<>> units_;
};

} // namespace baton::sd
