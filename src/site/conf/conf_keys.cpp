// SPDX-License-Identifier: MIT
#include "site/conf/conf_keys.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/conf/env_names.hpp"
#include "site/conf/exclude.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace baton::site {
namespace {

using Json = ConfKey::Json;

constexpr std::size_t k_longest_ver_bytes = 128;
constexpr std::size_t k_longest_name_bytes = 255; // NAME_MAX, limits.h(0p)
constexpr std::size_t k_longest_socket_name =
    64; // systemd allows 255 for each name, and joins all names in one variable
constexpr std::size_t k_most_args = 256;
constexpr std::size_t k_longest_arg_bytes = 4096;
constexpr std::size_t k_most_env = 256;
constexpr std::size_t k_longest_env_bytes = 32 * 1024; // a quarter of MAX_ARG_STRLEN, execve(2)
constexpr std::size_t k_most_excludes = 64;
constexpr std::size_t k_longest_health_path_bytes = 1024;
constexpr std::size_t k_longest_health_host_bytes = 255; // the limit of a name, RFC 1035 section 2.3.4

Address address_value(const nlohmann::json& value, const Place& at) {
    std::string text;
    if (value.is_string())
        text = value.get<std::string>();
    else if (value.is_number_integer())
        text = value.dump();
    else
        at.refuse(shown_value(value), "a port such as \"8080\" or 8080");
    try {
        return parse_address(text);
    } catch (const Error& error) {
        throw error.within(fmt::format("reading {}: {}", position_text(at.text, at.name, at.offset), at.key));
    }
}

void read_http_port(const Member& member, const Place& at, WatchConf& conf) {
    if (!member.value.is_array()) {
        conf.addresses = {address_value(member.value, at)};
        return;
    }
    if (member.value.empty()) at.refuse("an empty list", "at least one address");
    for (std::size_t i = 0; i < member.value.size(); ++i)
        conf.addresses.push_back(address_value(member.value[i], at.at(member.element_offsets[i])));
}

/// A restricted file name: LISTEN_FDNAMES separates names with ':'.
bool is_socket_name(std::string_view name) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view{"._-"}.find(static_cast<char>(c)) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= k_longest_socket_name && name != k_http_socket_name &&
           std::all_of(name.begin(), name.end(), fits);
}

void read_listen(const Member& member, const Place& at, WatchConf& conf) {
    if (!member.value.is_object())
        at.refuse(shown_value(member.value),
                  "an object {\"name\": \"address\"} such as {\"admin\": \"127.0.0.1:9090\"}");
    for (const auto& [name, name_offset, value_offset, value, offsets, members] : member.members) {
        const auto place = at.at(name_offset);
        if (!is_socket_name(name))
            place.refuse(quote(name), fmt::format("a name of letters, digits, '.', '_' and '-', {} at most, other than "
                                                  "'{}', the name of HttpPort's sockets",
                                                  k_longest_socket_name, k_http_socket_name));
        if (!conf.listen.emplace(name, address_value(value, at.at(value_offset))).second)
            place.refuse(fmt::format("{} a second time", quote(name)), "each name once");
    }
}

void read_ver(const Member& member, const Place& at, WatchConf& conf) {
    conf.ver = text_value(member.value, at, k_longest_ver_bytes, "a string such as \"1\"");
}

void read_delay(const Member& member, const Place& at, WatchConf& conf) {
    conf.delay = seconds_value(member.value, at);
}

void read_bin_name(const Member& member, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "a file name relative to the site's directory, such as \"test\" or \"bin/shop\"";
    conf.bin_name = text_value(member.value, at, k_longest_name_bytes, k_expected);
    const auto found = shown_value(member.value);
    if (conf.bin_name.front() == '/') at.refuse(found + " (an absolute path)", k_expected);
    for (std::string_view rest = conf.bin_name; !rest.empty();) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto part = rest.substr(0, slash);
        if (part == "..") at.refuse(found + " (\"..\" leaves the directory)", k_expected);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    if (conf.bin_name.back() == '/' || conf.bin_name == ".") at.refuse(found + " (a directory)", k_expected);
}

/// Calls `read` for each element with its place.
template <typename Read>
void read_list(const Member& member, const Place& at, std::size_t most, Read&& read) {
    const auto expected = fmt::format("a list of at most {} strings", most);
    if (!member.value.is_array()) at.refuse(shown_value(member.value), expected);
    if (member.value.size() > most) at.refuse(fmt::format("{} of them", member.value.size()), expected);
    for (std::size_t i = 0; i < member.value.size(); ++i) {
        const auto place = at.at(member.element_offsets[i]);
        if (!member.value[i].is_string()) place.refuse(shown_value(member.value[i]), expected);
        read(member.value[i], place);
    }
}

/// A string for execve(2).
std::string exec_string(const nlohmann::json& value, const Place& at, std::size_t longest_bytes) {
    auto text = value.get<std::string>();
    if (text.find('\0') != text.npos)
        at.refuse("a NUL character", "strings without it, because execve(2) does not accept it");
    if (text.size() > longest_bytes)
        at.refuse(fmt::format("{} bytes", text.size()), fmt::format("strings of at most {} bytes", longest_bytes));
    return text;
}

void read_args(const Member& member, const Place& at, WatchConf& conf) {
    read_list(member, at, k_most_args, [&](const nlohmann::json& value, const Place& place) {
        conf.args.push_back(exec_string(value, place, k_longest_arg_bytes));
    });
}

void read_env(const Member& member, const Place& at, WatchConf& conf) {
    const auto expected = fmt::format("an object of at most {} strings {{\"NAME\": \"value\"}}", k_most_env);
    if (!member.value.is_object()) at.refuse(shown_value(member.value), expected);
    if (member.members.size() > k_most_env) at.refuse(fmt::format("{} of them", member.members.size()), expected);
    for (const auto& [name, name_offset, value_offset, value, offsets, members] : member.members) {
        if (const auto why = why_no_env_name(name); !why.empty())
            throw Error{fmt::format("reading {}: {}: found {}, {}", position_text(at.text, at.name, name_offset),
                                    at.key, quote(name), why),
                        error_kind::config};
        if (conf.env.contains(name))
            at.at(name_offset).refuse(fmt::format("{} a second time", quote(name)), "each name once");
        const auto place = at.at(value_offset);
        if (!value.is_string()) place.refuse(shown_value(value), expected);
        auto text = exec_string(value, place, k_longest_env_bytes);
        if (has_noncharacter(text))
            place.refuse(shown_value(value), fmt::format("a string without {}", k_noncharacters));
        conf.env.emplace(name, std::move(text));
    }
}

constexpr std::array<std::string_view, 2> k_standard_inputs{"null", "socket"};

StandardInput standard_input_from(std::string_view text) {
    const auto* const found = std::find(k_standard_inputs.begin(), k_standard_inputs.end(), text);
    if (found == k_standard_inputs.end()) throw Error{fmt::format("found {}, expected null or socket", quote(text))};
    return static_cast<StandardInput>(found - k_standard_inputs.begin());
}

void read_standard_input(const Member& member, const Place& at, WatchConf& conf) try {
    conf.standard_input = standard_input_from(member.value.get<std::string>());
} catch (const std::exception&) {
    at.refuse(shown_value(member.value), "\"null\" or \"socket\"");
}

void read_exclude(const Member& member, const Place& at, WatchConf& conf) {
    read_list(member, at, k_most_excludes, [&](const nlohmann::json& value, const Place& place) {
        auto pattern = text_value(value, place, k_longest_name_bytes, "a pattern such as \"*.log\" or \"var/cache\"");
        const auto [found, expected] = Excludes::fault_of(pattern);
        if (!found.empty()) place.refuse(fmt::format("{} ({})", shown_value(value), found), expected);
        conf.exclude.push_back(std::move(pattern));
    });
}

void read_sha256(const Member& member, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "64 hexadecimal digits, as sha256sum prints them";
    if (!member.value.is_string()) at.refuse(shown_value(member.value), k_expected);
    auto digits = member.value.get<std::string>();
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
    if (digits.size() != 64 || !std::all_of(digits.begin(), digits.end(), is_hex))
        at.refuse(shown_value(member.value), k_expected);
    for (char& c : digits)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    conf.sha256 = std::move(digits);
}

void read_health_path(const Member& member, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "a path such as \"/healthz\"";
    auto path = text_value(member.value, at, k_longest_health_path_bytes, k_expected);
    if (path.front() != '/' || path.find(' ') != path.npos) at.refuse(shown_value(member.value), k_expected);
    conf.health_path = std::move(path);
}

void read_health_host(const Member& member, const Place& at, WatchConf& conf) {
    constexpr auto k_expected = "a Host header such as \"shop.example\" or \"[::1]:8080\"";
    auto host = text_value(member.value, at, k_longest_health_host_bytes, k_expected);
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view{".-_:[]"}.find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!std::all_of(host.begin(), host.end(), fits)) at.refuse(shown_value(member.value), k_expected);
    conf.health_host = std::move(host);
}

bool bool_value(const Member& member, const Place& at) {
    if (!member.value.is_boolean()) at.refuse(shown_value(member.value), "true or false");
    return member.value.get<bool>();
}

void read_preflight(const Member& member, const Place& at, WatchConf& conf) {
    conf.preflight = bool_value(member, at);
}

void read_until_proven(const Member& member, const Place& at, WatchConf& conf) {
    conf.until_proven = bool_value(member, at);
}

void read_probation(const Member& member, const Place& at, WatchConf& conf) {
    conf.probation = seconds_value(member.value, at);
}

void read_keep_releases(const Member& member, const Place& at, WatchConf& conf) {
    constexpr int k_fewest = 2; // the live one and the one to go back to
    constexpr int k_most = 1000;
    const auto expected = fmt::format("an integer from {} to {}", k_fewest, k_most);
    const auto& value = member.value;
    const bool fits = value.is_number_integer() && value.get<double>() >= k_fewest && value.get<double>() <= k_most;
    if (!fits) at.refuse(shown_value(value), expected);
    conf.keep_releases = value.get<int>();
}

template <typename Value>
Json json_of(const Value& value) {
    return value;
}
/// A single address has the form that every baton has written.
Json json_of(const std::vector<Address>& addresses) {
    if (addresses.size() == 1) return addresses.front().text();
    auto json = Json::array();
    for (const auto& address : addresses)
        json.push_back(address.text());
    return json;
}
Json json_of(const std::map<std::string, Address>& named) {
    auto json = Json::object();
    for (const auto& [name, address] : named)
        json[name] = address.text();
    return json;
}
Json json_of(Seconds seconds) {
    return seconds.count();
}
Json json_of(bool value) {
    return value;
}
Json json_of(StandardInput input) {
    return k_standard_inputs.at(static_cast<std::size_t>(input));
}
Json json_of(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
}

template <typename Value>
void load_value(const Json& json, Value& value) {
    json.get_to(value);
}
void load_value(const Json& json, std::vector<Address>& addresses) {
    addresses.clear();
    for (const auto& text : json.is_array() ? json : Json::array({json}))
        addresses.push_back(parse_address(text.get<std::string>()));
    if (addresses.empty()) throw Error{"found no address, expected at least one"};
}
void load_value(const Json& json, std::map<std::string, Address>& named) {
    named.clear();
    for (const auto& [name, text] : json.items())
        named.emplace(name, parse_address(text.get<std::string>()));
}
void load_value(const Json& json, Seconds& seconds) {
    seconds = Seconds{json.get<double>()};
}
void load_value(const Json& json, std::optional<std::string>& text) {
    text = json.is_null() ? std::nullopt : std::optional{json.get<std::string>()};
}
void load_value(const Json& json, StandardInput& input) {
    input = standard_input_from(json.get<std::string>());
}
/// nlohmann's get<int>() turns 4294967297 into 1.
void load_value(const Json& json, int& number) {
    constexpr auto k_most = std::numeric_limits<int>::max();
    if (!json.is_number_integer() || json.get<double>() < 0 || json.get<double>() > k_most)
        throw Error{fmt::format("found {}, expected a number from 0 to {}", printable(json.dump()), k_most)};
    number = json.get<int>();
}

template <auto Member>
Json write(const WatchConf& conf) {
    return json_of(conf.*Member);
}
template <auto Member>
void load(const Json& json, WatchConf& conf) {
    load_value(json, conf.*Member);
}

template <auto Member>
constexpr ConfKey key(std::string_view name, std::string_view member, decltype(ConfKey::read) read, ConfKey::Need need,
                      ConfKey::NearMiss near_miss, std::string_view unset, std::string_view doc) {
    return {name, member, need, near_miss, doc, unset, read, write<Member>, load<Member>};
}

using enum ConfKey::Need;
using enum ConfKey::NearMiss;

constexpr std::array k_keys{
    key<&WatchConf::addresses>("HttpPort", "http_port", read_http_port, required, warning, "",
                               "Where the site listens: a port, a port of one numeric address, the path of a unix "
                               "socket, or a list of them."),
    key<&WatchConf::listen>("Listen", "listen", read_listen, optional, warning, "none",
                            "More sockets for the program, each with its own name in LISTEN_FDNAMES."),
    key<&WatchConf::ver>("Ver", "ver", read_ver, required, warning, "",
                         "The version that people see: in status, in logs, and as BATON_VER in the program's "
                         "environment."),
    key<&WatchConf::delay>("DelaySecond", "delay_second", read_delay, optional, error, "",
                           "Quiet time in seconds after the last change of this file or of anything beside it, before "
                           "the deploy reads anything."),
    key<&WatchConf::bin_name>("BinName", "bin_name", read_bin_name, required, warning, "",
                              "The program, relative to the site's directory; it may not be outside."),
    key<&WatchConf::args>("Args", "args", read_args, optional, warning, "none", "The program's arguments."),
    key<&WatchConf::env>("Env", "env", read_env, optional, warning, "none",
                         "Environment variables of the program; names that systemd, baton or the loader read are "
                         "refused."),
    key<&WatchConf::standard_input>(
        "StandardInput", "standard_input", read_standard_input, optional, error, "",
        "What the program has as descriptor 0: null, or socket for the first socket of HttpPort, "
        "which it also has as descriptor 3."),
    key<&WatchConf::exclude>("Exclude", "exclude", read_exclude, optional, warning, "editors' files and .git",
                             "Patterns of files and directories to leave out of a release, in addition to editors' "
                             "files and .git."),
    key<&WatchConf::sha256>(
        "Sha256", "sha256", read_sha256, optional, error, "not checked",
        "The SHA-256 digest that the program must have, as sha256sum prints it; if unset, no digest "
        "is checked."),
    key<&WatchConf::health_path>("HealthPath", "health_path", read_health_path, optional, error,
                                 "none: READY=1 is the gate",
                                 "The new release must answer 2xx here before the old one is told to stop; if unset, "
                                 "READY=1 is the gate."),
    key<&WatchConf::health_host>("HealthHost", "health_host", read_health_host, optional, error, "localhost",
                                 "The Host header of the HealthPath request; if unset, localhost."),
    key<&WatchConf::preflight>("Preflight", "preflight", read_preflight, optional, error, "",
                               "Whether a program that libbaton does not hold back is first started on sockets of its "
                               "own, where it must accept, and then again; false if a start has effects that may not "
                               "happen twice."),
    key<&WatchConf::probation>("ProbationSecond", "probation_second", read_probation, optional, error, "",
                               "A live release that fails within this many seconds is rolled back."),
    key<&WatchConf::until_proven>("UntilProven", "until_proven", read_until_proven, optional, error, "",
                                  "Whether systemctl reload waits until the release is proven, and fails if it is "
                                  "rolled back, as baton deploy --until-proven does."),
    key<&WatchConf::keep_releases>("KeepReleases", "keep_releases", read_keep_releases, optional, warning, "",
                                   "How many snapshots to keep."),
};

std::string element_text(const Json& value) {
    return value.is_string() ? quote(value.get_ref<const std::string&>()) : value.dump();
}

} // namespace

std::span<const ConfKey> conf_keys() noexcept {
    return k_keys;
}

Json values_of(const WatchConf& conf) {
    auto json = Json::object();
    for (const auto& key : k_keys)
        json[std::string{key.name}] = key.write(conf);
    return json;
}

std::string value_text(const ConfKey& key, const WatchConf& conf) {
    const auto value = key.write(conf);
    if (value.is_null() || (value.is_structured() && value.empty())) return std::string{key.unset};
    if (value.is_string()) return printable(value.get_ref<const std::string&>());
    if (value.is_number_float()) return fmt::format("{:g}", value.get<double>());
    if (!value.is_structured()) return value.dump();
    std::string text;
    for (const auto& [name, element] : value.items()) {
        if (!text.empty()) text += ' ';
        if (value.is_object()) text += name + '=';
        text += element_text(element);
    }
    return text;
}

Json conf_to_manifest(const WatchConf& conf) {
    auto json = Json::object();
    for (const auto& key : k_keys)
        json[std::string{key.member}] = key.write(conf);
    return json;
}

WatchConf conf_from_manifest(const Json& json) {
    WatchConf conf;
    for (const auto& key : k_keys) {
        const std::string member{key.member};
        if (key.need == required)
            key.load(json.at(member), conf);
        else if (const auto found = json.find(member); found != json.end())
            key.load(*found, conf);
    }
    return conf;
}

} // namespace baton::site
