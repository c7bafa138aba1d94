// SPDX-License-Identifier: MIT
// The values of a unit's properties, by name, as the manager told them; a value that tests can also write down.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

struct UnitValues {
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::uint64_t, std::less<>> numbers;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;

    /// Empty if the unit has no such property; bytes are hexadecimal digits.
    [[nodiscard]] std::string text(std::string_view property) const { return of(texts, property); }
    /// Zero if the unit has no such property: a socket has no main process. The value of "Job" is the job's id; yes is
    /// 1.
    [[nodiscard]] std::uint64_t number(std::string_view property) const { return of(numbers, property); }
    /// Empty if the unit has no such property.
    [[nodiscard]] std::vector<std::string> list(std::string_view property) const { return of(lists, property); }

  private:
    template <typename Map>
    static typename Map::mapped_type of(const Map& map, std::string_view property) {
        const auto found = map.find(property);
        return found == map.end() ? typename Map::mapped_type{} : found->second;
    }
};

} // namespace baton::sd
