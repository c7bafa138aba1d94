// SPDX-License-Identifier: MIT
// The properties of one unit, org.freedesktop.DBus.Properties: all of them by one call of GetAll(), or a few by one
// call of Get() each. For all those of k_unit_interface, the manager also reads all of its directories of unit files,
// for UnitFileState.
#pragma once

#include "sd/bus.hpp"
#include "sd/unit_values.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton::sd {

constexpr const char* k_unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* k_service_interface = "org.freedesktop.systemd1.Service";

class UnitProperties : public UnitValues {
  public:
    /// Throws Error if the manager cannot be asked. The call loads a unit that is not loaded.
    UnitProperties(Bus& bus, const std::string& unit);

    struct Name {
        const char* interface;
        const char* property;
    };
    /// Only these; the other properties seem not to exist. All as of one moment: between two changes of its state.
    UnitProperties(Bus& bus, const std::string& unit, const std::vector<Name>& names);
    /// Adds all of one interface, such as k_service_interface, as of now.
    void add_all(Bus& bus, const std::string& interface);

  private:
    void read_all(sd_bus_message* reply);
    int read_next(sd_bus_message* reply, const char* name);
    int read_value(sd_bus_message* reply, const char* name, std::string_view type);
    template <typename Number>
    int read_number(sd_bus_message* reply, const char* name, const char* type);
    int read_bytes(sd_bus_message* reply, const char* name);
    int read_list(sd_bus_message* reply, const char* name);

    std::string doing_;
    std::string path_;
};

} // namespace baton::sd
