// SPDX-License-Identifier: MIT
#include "sd/unit_properties.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace baton::sd {

namespace {

std::string object_path(const std::string& unit, const std::string& doing) {
    char* raw = nullptr;
    check(sd_bus_path_encode(k_units_path, unit.c_str(), &raw), doing);
    const std::unique_ptr<char, void (*)(void*)> path{raw, std::free};
    return path.get();
}

} // namespace

UnitProperties::UnitProperties(Bus& bus, const std::string& unit)
    : doing_{fmt::format("asking systemd about {}", quote(unit))}, path_{object_path(unit, doing_)} {
    add_all(bus, ""); // of all interfaces
}

UnitProperties::UnitProperties(Bus& bus, const std::string& unit, const std::vector<Name>& names)
    : doing_{fmt::format("asking systemd about {}", quote(unit))}, path_{object_path(unit, doing_)} {
    const Bus::Method get{path_, "org.freedesktop.DBus.Properties", "Get"};
    constexpr Name k_changed{k_unit_interface, "StateChangeTimestampMonotonic"};
    std::vector<Bus::Fill> fills;
    const auto ask = [&fills](const Name& name) {
        fills.emplace_back(
            [name](sd_bus_message* call) { return sd_bus_message_append(call, "ss", name.interface, name.property); });
    };
    ask(k_changed);
    for (const auto& name : names)
        ask(name);
    ask(k_changed);
    do {
        const auto replies = bus.call_all(get, doing_, fills);
        check(read_next(replies.front().get(), "before"), doing_);
        for (std::size_t i = 0; i < names.size(); ++i)
            check(read_next(replies[i + 1].get(), names[i].property), doing_);
        check(read_next(replies.back().get(), "after"), doing_);
    } while (number("before") != number("after"));
}

void UnitProperties::add_all(Bus& bus, const std::string& interface) {
    const auto reply =
        bus.call({path_, "org.freedesktop.DBus.Properties", "GetAll"}, doing_,
                 [&](sd_bus_message* call) { return sd_bus_message_append(call, "s", interface.c_str()); });
    read_all(reply.get());
}

void UnitProperties::read_all(sd_bus_message* reply) {
    int result = sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (result >= 0 && (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
        const char* name = nullptr;
        result = sd_bus_message_read(reply, "s", &name);
        if (result >= 0) result = read_next(reply, name);
        if (result >= 0) result = sd_bus_message_exit_container(reply);
    }
    check(result, doing_);
}

int UnitProperties::read_next(sd_bus_message* reply, const char* name) {
    const char* type = nullptr;
    const int result = sd_bus_message_peek_type(reply, nullptr, &type);
    return result >= 0 ? read_value(reply, name, type) : result;
}

int UnitProperties::read_value(sd_bus_message* reply, const char* name, std::string_view type) {
    if (type == "s") {
        const char* value = nullptr;
        const int result = sd_bus_message_read(reply, "v", "s", &value);
        if (result >= 0) texts[name] = value;
        return result;
    }
    if (type == "t") return read_number<std::uint64_t>(reply, name, "t");
    if (type == "u") return read_number<std::uint32_t>(reply, name, "u");
    if (type == "b") return read_number<int>(reply, name, "b");
    if (type == "i") return read_number<std::int32_t>(reply, name, "i");
    if (type == "ay") return read_bytes(reply, name);
    if (type == "as") return read_list(reply, name);
    if (type != "(uo)") return sd_bus_message_skip(reply, "v");
    std::uint32_t id = 0;
    const int result = sd_bus_message_read(reply, "v", "(uo)", &id, nullptr);
    numbers[name] = id;
    return result;
}

template <typename Number>
int UnitProperties::read_number(sd_bus_message* reply, const char* name, const char* type) {
    Number value{};
    const int result = sd_bus_message_read(reply, "v", type, &value);
    if (result >= 0) numbers[name] = static_cast<std::uint64_t>(value);
    return result;
}

int UnitProperties::read_bytes(sd_bus_message* reply, const char* name) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    int result = sd_bus_message_enter_container(reply, 'v', "ay");
    if (result >= 0) result = sd_bus_message_read_array(reply, 'y', &bytes, &size);
    auto& text = texts[name];
    text.clear(); // of a first reading, in the middle of which the unit has changed
    for (std::size_t i = 0; result >= 0 && i < size; ++i)
        text += fmt::format("{:02x}", static_cast<const unsigned char*>(bytes)[i]);
    return result >= 0 ? sd_bus_message_exit_container(reply) : result;
}

int UnitProperties::read_list(sd_bus_message* reply, const char* name) {
    auto& list = lists[name];
    list.clear();
    const char* word = nullptr;
    int result = sd_bus_message_enter_container(reply, 'v', "as");
    if (result >= 0) result = sd_bus_message_enter_container(reply, 'a', "s");
    while (result >= 0 && (result = sd_bus_message_read(reply, "s", &word)) > 0)
        list.emplace_back(word);
    if (result >= 0) result = sd_bus_message_exit_container(reply);
    return result >= 0 ? sd_bus_message_exit_container(reply) : result;
}

} // namespace baton::sd
