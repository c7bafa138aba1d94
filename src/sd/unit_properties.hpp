// SPDX-License-Identifier: MIT
// The properties of one unit: all of them by one call of GetAll(), or a few by one call of Get() each, which costs the
// manager a tenth; org.freedesktop.DBus.Properties.
#pragma once

#include "sd/bus.hpp"
#include "sd/unit_values.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace baton::sd {

class UnitProperties : public UnitValues {
  public:
    /// Throws Error if the manager cannot be asked. The call loads a unit that is not loaded.
    UnitProperties(Bus& bus, const std::string& unit);

    struct Name {
        const char* interface; ///< "org.freedesktop.systemd1.Unit"
        const char* property;
    };
    /// Only these; the other properties seem not to exist.
    UnitProperties(Bus& bus, const std::string& unit, std::initializer_list<Name> names);

  private:
    void read_all(sd_bus_message* reply);
    int read_next(sd_bus_message* reply, const char* name);
    int read_value(sd_bus_message* reply, const char* name, std::string_view type);
    template <typename Number>
    int read_number(sd_bus_message* reply, const char* name, const char* type);
    int read_bytes(sd_bus_message* reply, const char* name);
    int read_list(sd_bus_message* reply, const char* name);

    std::string doing_;
};

} // namespace baton::sd
