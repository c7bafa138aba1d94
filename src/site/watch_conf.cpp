// SPDX-License-Identifier: MIT
#include "site/watch_conf.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/json_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <span>

namespace baton::site {
namespace {

constexpr double k_longest_second = 86400; // a day: a longer wait is a slip of the keyboard
constexpr std::size_t k_longest_ver_bytes = 128;
constexpr std::size_t k_longest_name_bytes = 255; // NAME_MAX, limits.h(0p)
constexpr std::size_t k_most_args = 256;
constexpr std::size_t k_longest_arg_bytes = 4096;
constexpr std::size_t k_longest_health_path_bytes = 1024;

/// Where a value stands, for refusing it.
struct Place {
    std::string_view text;
    std::string_view name;
    std::string_view key;
    std::size_t offset;
    std::span<const std::size_t> element_offsets; ///< of a list

    [[noreturn]] void refuse(std::string_view found, std::string_view expected) const {
        throw Error{fmt::format("reading {}: {}: found {}, expected {}", position_text(text, name, offset), key, found,
                                expected),
                    ErrorKind::config};
    }
};

using Value = const nlohmann::json&;

std::string shown(Value value) {
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    constexpr std::size_t k_shown_bytes = 60;
    auto text = value.is_string() ? quote(value.get_ref<const std::string&>()) : value.dump();
    if (text.size() > k_shown_bytes) {
        auto cut = k_shown_bytes;
        while ((static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
            --cut; // not within a character
        text = text.substr(0, cut) + "...";
    }
    return (value.is_string() ? "the string " : value.is_number() ? "the number " : "") + text;
}

bool has_control(std::string_view text) {
    return printable(text) != text;
}

std::string text_value(Value value, const Place& at, std::size_t longest_bytes, std::string_view expected) {
    if (!value.is_string()) at.refuse(shown(value), expected);
    auto text = value.get<std::string>();
    if (text.empty()) at.refuse("an empty string", expected);
    if (text.size() > longest_bytes)
        at.refuse(fmt::format("{} bytes", text.size()), fmt::format("{} of at most {} bytes", expected, longest_bytes));
    if (has_control(text)) at.refuse(shown(value), fmt::format("{} without control characters", expected));
    return text;
}

Seconds seconds_value(Value value, const Place& at) {
    const auto expected = fmt::format("a number of seconds from 0 to {:.0f}", k_longest_second);
    if (!value.is_number()) at.refuse(shown(value), expected);
    const double number = value.get<double>();
    if (!std::isfinite(number) || number < 0 || number > k_longest_second) at.refuse(shown(value), expected);
    return Seconds{number};
}

void read_http_port(Value value, const Place& at, WatchConf& conf) {
    std::string text;
    if (value.is_string())
        text = value.get<std::string>();
    else if (value.is_number_integer())
        text = value.dump();
    else
        at.refuse(shown(value), "a port such as \"8080\" or 8080");
    try {
        conf.address = parse_address(text);
    } catch (const Error& error) {
        throw error.within(fmt::format("reading {}: HttpPort", position_text(at.text, at.name, at.offset)));
    }
}

void read_ver(Value value, const Place& at, WatchConf& conf) {
    conf.ver = text_value(value, at, k_longest_ver_bytes, "a string such as \"1\"");
}

void read_delay(Value value, const Place& at, WatchConf& conf) {
    conf.delay = seconds_value(value, at);
}

void read_bin_name(Value value, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "a file name relative to the site's directory, such as \"test\" or \"bin/shop\"";
    conf.bin_name = text_value(value, at, k_longest_name_bytes, k_expected);
    if (conf.bin_name.front() == '/') at.refuse(shown(value) + " (an absolute path)", k_expected);
    for (std::string_view rest = conf.bin_name; !rest.empty();) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto part = rest.substr(0, slash);
        if (part == "..") at.refuse(shown(value) + " (\"..\" leaves the directory)", k_expected);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    if (conf.bin_name.back() == '/' || conf.bin_name == ".") at.refuse(shown(value) + " (a directory)", k_expected);
}

void read_args(Value value, const Place& at, WatchConf& conf) {
    const auto expected = fmt::format("a list of at most {} strings", k_most_args);
    if (!value.is_array()) at.refuse(shown(value), expected);
    if (value.size() > k_most_args) at.refuse(fmt::format("{} of them", value.size()), expected);
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto& element = value[i];
        const Place place{at.text, at.name, at.key, at.element_offsets[i], {}};
        if (!element.is_string()) place.refuse(shown(element), expected);
        auto arg = element.get<std::string>();
        if (arg.find('\0') != arg.npos)
            place.refuse("a NUL character", "strings without one, for execve(2) takes none");
        if (arg.size() > k_longest_arg_bytes)
            place.refuse(fmt::format("{} bytes", arg.size()),
                         fmt::format("strings of at most {} bytes", k_longest_arg_bytes));
        conf.args.push_back(std::move(arg));
    }
}

void read_sha256(Value value, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "64 hexadecimal digits, as sha256sum prints them";
    if (!value.is_string()) at.refuse(shown(value), k_expected);
    auto digits = value.get<std::string>();
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
    if (digits.size() != 64 || !std::all_of(digits.begin(), digits.end(), is_hex)) at.refuse(shown(value), k_expected);
    for (char& c : digits)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    conf.sha256 = std::move(digits);
}

void read_health_path(Value value, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "a path such as \"/healthz\"";
    auto path = text_value(value, at, k_longest_health_path_bytes, k_expected);
    if (path.front() != '/' || path.find(' ') != path.npos) at.refuse(shown(value), k_expected);
    conf.health_path = std::move(path);
}

void read_probation(Value value, const Place& at, WatchConf& conf) {
    conf.probation = seconds_value(value, at);
}

void read_keep_releases(Value value, const Place& at, WatchConf& conf) {
    constexpr int k_fewest = 2; // the live one and the one to go back to
    constexpr int k_most = 1000;
    const auto expected = fmt::format("an integer from {} to {}", k_fewest, k_most);
    const bool fits = value.is_number_integer() && value.get<double>() >= k_fewest && value.get<double>() <= k_most;
    if (!fits) at.refuse(shown(value), expected);
    conf.keep_releases = value.get<int>();
}

struct Key {
    std::string_view name;
    bool required;
    void (*read)(Value, const Place&, WatchConf&);
};

constexpr std::array k_keys{
    Key{"HttpPort", true, read_http_port},
    Key{"Ver", true, read_ver},
    Key{"DelaySecond", false, read_delay},
    Key{"BinName", true, read_bin_name},
    Key{"Args", false, read_args},
    Key{"Sha256", false, read_sha256},
    Key{"HealthPath", false, read_health_path},
    Key{"ProbationSecond", false, read_probation},
    Key{"KeepReleases", false, read_keep_releases},
};

std::string unknown_key(const Member& member, std::string_view text, std::string_view name) {
    std::array<std::string_view, k_keys.size()> names;
    std::transform(k_keys.begin(), k_keys.end(), names.begin(), [](const Key& key) { return key.name; });
    const auto near = did_you_mean(member.key, names);
    return fmt::format("reading {}: unknown key {}, ignoring{}", position_text(text, name, member.key_offset),
                       quote(member.key), near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

void require_all(const std::vector<Member>& members, std::string_view text, std::string_view name) {
    for (const auto& key : k_keys) {
        const auto has = [&](const Member& member) { return member.key == key.name; };
        if (!key.required || std::any_of(members.begin(), members.end(), has)) continue;
        throw Error{fmt::format("reading {}: the key {} is missing", position_text(text, name, 0), quote(key.name)),
                    ErrorKind::config};
    }
}

} // namespace

ParsedWatchConf parse_watch_conf(std::string_view text, std::string_view name) {
    if (text.size() > k_watch_conf_limit_bytes)
        throw Error{fmt::format("reading {}: longer than {}", printable(name), size_text(k_watch_conf_limit_bytes)),
                    ErrorKind::config};
    ParsedWatchConf parsed;
    const auto members = parse_json_members(text, name, {k_watch_conf_limit_depth});
    for (const auto& member : members) {
        if (member.key == "$schema" && member.value.is_string()) continue; // for editors
        const auto key = std::find_if(k_keys.begin(), k_keys.end(), [&](const Key& k) { return k.name == member.key; });
        if (key == k_keys.end())
            parsed.warnings.push_back(unknown_key(member, text, name));
        else
            key->read(member.value, {text, name, key->name, member.value_offset, member.element_offsets}, parsed.conf);
    }
    try {
        require_all(members, text, name);
    } catch (const Error& error) {
        // A misspelt key is the likeliest reason for a missing one.
        if (parsed.warnings.empty()) throw;
        throw Error{fmt::format("{} ({})", error.what(), parsed.warnings.front()), error.kind()};
    }
    return parsed;
}

} // namespace baton::site
