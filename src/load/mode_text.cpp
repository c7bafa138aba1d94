// SPDX-License-Identifier: MIT
// Reads modes, with their defaults.
#include "load/mode_text.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "load/units.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace baton::load {
namespace {

using namespace std::chrono_literals;

ModeConfig defaults(Mode mode, std::size_t connections, Duration delay, unsigned pieces) {
    ModeConfig config;
    config.mode = mode;
    config.connections = connections;
    config.delay = delay;
    config.pieces = pieces;
    return config;
}

Error malformed(std::string_view text, std::string_view cause) {
    return Error{fmt::format("reading the mode '{}': {}", text, cause), ErrorKind::usage,
                 "a mode is persistent, fresh, pipelined, slow, upload, stream or idle, then =N and :KEY=VALUE"};
}

ModeConfig named(std::string_view text, std::string_view mode_name) {
    const std::array all{
        defaults(Mode::persistent, 32, 0s, 1), defaults(Mode::fresh, 1, 0s, 1),   defaults(Mode::pipelined, 8, 0s, 1),
        defaults(Mode::slow, 8, 1500ms, 1),    defaults(Mode::upload, 4, 1s, 16), defaults(Mode::stream, 8, 100ms, 10),
        defaults(Mode::idle, 32, 0s, 1),
    };
    for (const auto& config : all)
        if (name(config.mode) == mode_name) return config;
    std::vector<std::string_view> names;
    for (const auto& config : all)
        names.push_back(name(config.mode));
    const auto near = did_you_mean(mode_name, names);
    throw malformed(text, near.empty() ? fmt::format("there is no mode '{}'", mode_name)
                                       : fmt::format("there is no mode '{}', did you mean '{}'?", mode_name, near));
}

/// The keys of a mode; "" is its number.
bool has_key(Mode mode, std::string_view key) {
    if (key.empty()) return true;
    switch (mode) {
    case Mode::persistent:
    case Mode::fresh:
        return false;
    case Mode::pipelined:
        return key == "depth";
    case Mode::slow:
    case Mode::idle:
        return key == "ms";
    case Mode::upload:
        return key == "ms" || key == "bytes" || key == "pieces" || key == "chunked";
    case Mode::stream:
        return key == "ms" || key == "n";
    }
    return false;
}

template <typename Field, typename Value>
bool take(Field& field, const std::optional<Value>& value) {
    if (!value || !std::in_range<Field>(*value)) return false;
    field = static_cast<Field>(*value);
    return true;
}

/// False if `key` does not take `value`.
bool set(ModeConfig& config, std::string_view key, std::string_view value) {
    if (key == "chunked") return config.chunked = value.empty();
    if (key == "bytes") return take(config.body_bytes, parse_bytes(value));
    if (key == "depth") return take(config.depth, parse_count(value));
    if (key == "n" || key == "pieces") return take(config.pieces, parse_count(value));
    if (key == "ms") {
        const auto time = parse_duration(value, 1ms);
        (config.mode == Mode::idle ? config.max_idle : config.delay) = time.value_or(0s);
        return time.has_value();
    }
    if (config.mode != Mode::fresh) return take(config.connections, parse_count(value));
    const auto rate = parse_decimal(value);
    config.rate = rate.value_or(0);
    return rate.has_value();
}

std::pair<std::string_view, std::string_view> halves(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return {text, {}};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

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
    auto config = named(text, mode_name);
    if (mode_name.size() < first.size() && !set(config, "", number))
        throw malformed(text, fmt::format("'{}' is not a number", number));
    while (!rest.empty()) {
        const auto [key, value] = halves(next());
        if (key.empty() || !has_key(config.mode, key))
            throw malformed(text, fmt::format("{} has no '{}'", mode_name, key));
        if (!set(config, key, value)) throw malformed(text, fmt::format("'{}' cannot be '{}'", key, value));
    }
    return config;
}

} // namespace baton::load
