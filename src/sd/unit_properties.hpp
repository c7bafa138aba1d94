// SPDX-License-Identifier: MIT
// The properties of one unit: all of them by one call of GetAll(), or a few by one call of Get() each, which costs the
// manager a tenth; org.freedesktop.DBus.Properties.
#pragma once

#include "sd/bus.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace baton::sd {

class UnitProperties {
  public:
    /// Throws Error if the manager cannot be asked. The call loads a unit that is not loaded.
    UnitProperties(Bus& bus, const std::string& unit);

    struct Name {
        const char* interface; ///< "org.freedesktop.systemd1.Unit"
        const char* property;
    };
    /// Only these; the other properties seem not to exist.
    UnitProperties(Bus& bus, const std::string& unit, std::initializer_list<Name> names);

    /// Empty if the unit has no such property; bytes are hexadecimal digits.
    [[nodiscard]] std::string text(const char* property) const;
    /// Zero if the unit has no such property: a socket has no main process. The value of "Job" is the job's id; yes is
    /// 1.
    [[nodiscard]] std::uint64_t number(const char* property) const;

  private:
    void read_all(sd_bus_message* reply);
    int read_next(sd_bus_message* reply, const char* name);
    int read_value(sd_bus_message* reply, const char* name, std::string_view type);
    template <typename Number>
    int read_number(sd_bus_message* reply, const char* name, const char* type);
    int read_bytes(sd_bus_message* reply, const char* name);

    std::string doing_;
    std::map<std::string, std::string> texts_;
    std::map<std::string, std::uint64_t> numbers_;
};

} // namespace baton::sd
