// SPDX-License-Identifier: MIT
// One table of the modes, one of their keys.
#include "load/modes.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "load/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>
#include <vector>

namespace baton::load {
namespace {

using namespace std::chrono_literals;

/// A mode, its defaults (for all else, those of ModeConfig), and its keys in the order in which a label has them.
struct KnownMode {
    std::string_view name;
    ModeConfig defaults;
    std::vector<std::string_view> keys = {};
};

const std::array k_modes{
    KnownMode{"persistent", {.mode = Mode::persistent, .connections = 32}},
    KnownMode{"fresh", {.mode = Mode::fresh, .connections = 1}},
    KnownMode{"pipelined", {.mode = Mode::pipelined, .connections = 8}, {"depth"}},
    KnownMode{"slow", {.mode = Mode::slow, .connections = 8, .delay = 1500ms}, {"ms"}},
    KnownMode{"upload", {.mode = Mode::upload, .connections = 4}, {"bytes", "ms", "pieces", "chunked"}},
    KnownMode{"stream", {.mode = Mode::stream, .connections = 8, .delay = 100ms, .pieces = 10}, {"n", "ms"}},
    KnownMode{"idle", {.mode = Mode::idle, .connections = 32}, {"ms"}},
};

const KnownMode& known(Mode mode) {
    return *std::find_if(k_modes.begin(), k_modes.end(), [&](const auto& it) { return it.defaults.mode == mode; });
}

/// False if the value is none, or does not fit.
template <std::integral Field>
bool take(Field& field, const std::optional<std::size_t>& value) {
    if (!value || !std::in_range<Field>(*value)) return false;
    field = static_cast<Field>(*value);
    return true;
}

template <std::floating_point Field>
bool take(Field& field, const std::optional<Field>& value) {
    field = value.value_or(field);
    return value.has_value();
}

bool take(Duration& field, const std::optional<Duration>& value) {
    field = value.value_or(field);
    return value.has_value();
}

Duration& time_of(ModeConfig& mode) {
    return mode.mode == Mode::idle ? mode.max_idle : mode.delay;
}

/// A key, how its value is read (false: it does not take the text), and how a label has it.
struct Key {
    std::string_view name;
    bool (*read)(ModeConfig& mode, std::string_view value);
    std::string (*write)(ModeConfig mode);
};

const std::array k_keys{
    Key{"depth", [](ModeConfig& mode, std::string_view value) { return take(mode.depth, parse_count(value)); },
        [](ModeConfig mode) { return fmt::format(":depth={}", mode.depth); }},
    Key{"ms", [](ModeConfig& mode, std::string_view value) { return take(time_of(mode), parse_duration(value, 1ms)); },
        [](ModeConfig mode) { return fmt::format(":ms={:.0f}", to_ms(time_of(mode))); }},
    Key{"bytes", [](ModeConfig& mode, std::string_view value) { return take(mode.body_bytes, parse_bytes(value)); },
        [](ModeConfig mode) { return fmt::format(":bytes={}", mode.body_bytes); }},
    Key{"pieces", [](ModeConfig& mode, std::string_view value) { return take(mode.pieces, parse_count(value)); },
        [](ModeConfig mode) { return fmt::format(":pieces={}", mode.pieces); }},
    Key{"n", [](ModeConfig& mode, std::string_view value) { return take(mode.pieces, parse_count(value)); },
        [](ModeConfig mode) { return fmt::format(":n={}", mode.pieces); }},
    Key{"chunked", [](ModeConfig& mode, std::string_view value) { return mode.chunked = value.empty(); },
        [](ModeConfig mode) { return std::string{mode.chunked ? ":chunked" : ""}; }},
};

const Key* find_key(const KnownMode& mode, std::string_view name) {
    if (std::find(mode.keys.begin(), mode.keys.end(), name) == mode.keys.end()) return nullptr;
    return std::find_if(k_keys.begin(), k_keys.end(), [&](const Key& key) { return key.name == name; });
}

Error malformed(std::string_view text, std::string_view cause) {
    return Error{fmt::format("reading the mode '{}': {}", text, cause), error_kind::usage,
                 "a mode is persistent, fresh, pipelined, slow, upload, stream or idle, then =N and :KEY=VALUE"};
}

const KnownMode& find_mode(std::string_view text, std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& mode : k_modes) {
        if (mode.name == name) return mode;
        names.push_back(mode.name);
    }
    const auto near = did_you_mean(name, names);
    throw malformed(text, near.empty() ? fmt::format("there is no mode '{}'", name)
                                       : fmt::format("there is no mode '{}', did you mean '{}'?", name, near));
}

bool take_number(ModeConfig& mode, std::string_view number) {
    return mode.mode == Mode::fresh ? take(mode.rate, parse_decimal(number))
                                    : take(mode.connections, parse_count(number));
}

std::pair<std::string_view, std::string_view> halves(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return {text, {}};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

std::string_view name(Mode mode) {
    return known(mode).name;
}

std::string label(const ModeConfig& mode) {
    auto text = mode.mode == Mode::fresh ? fmt::format("fresh={:g}", mode.rate)
                                         : fmt::format("{}={}", name(mode.mode), mode.connections);
    for (const auto key : known(mode.mode).keys)
        text += find_key(known(mode.mode), key)->write(mode);
    return text;
}

ModeConfig parse_mode(std::string_view text) {
    auto rest = text;
    const auto next = [&rest] {
        const auto colon = rest.find(':');
        const auto part = rest.substr(0, colon);
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
        return part;
    };
    const auto first = next();
    const auto [mode_name, number] = halves(first);
    const auto& mode = find_mode(text, mode_name);
    auto config = mode.defaults;
    if (mode_name.size() < first.size() && !take_number(config, number))
        throw malformed(text, fmt::format("'{}' is not a number", number));
    while (!rest.empty()) {
        const auto [name, value] = halves(next());
        const auto* const key = find_key(mode, name);
        if (key == nullptr) throw malformed(text, fmt::format("{} has no '{}'", mode_name, name));
        if (!key->read(config, value)) throw malformed(text, fmt::format("'{}' cannot be '{}'", name, value));
    }
    return config;
}

} // namespace baton::load
