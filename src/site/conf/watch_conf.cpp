// SPDX-License-Identifier: MIT
#include "site/conf/watch_conf.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "site/conf/conf_keys.hpp"
#include "site/conf/exclude.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace baton::site {
namespace {

/// The key that an unknown key was most likely meant to be; null if it is near none.
const ConfKey* near_key(std::string_view unknown) {
    std::vector<std::string_view> names;
    for (const auto& key : conf_keys())
        names.push_back(key.name);
    auto name = did_you_mean(unknown, names);
    if (name.empty()) {
        // Longer names for a check, such as HealthCheckPath, are recognised by their beginning.
        constexpr std::array<std::array<std::string_view, 2>, 6> k_stems{{{"health", "HealthPath"},
                                                                          {"sha256", "Sha256"},
                                                                          {"probation", "ProbationSecond"},
                                                                          {"preflight", "Preflight"},
                                                                          {"delay", "DelaySecond"},
                                                                          {"untilprov", "UntilProven"}}};
        std::string folded;
        for (const char c : unknown)
            folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        for (const auto& [stem, meant] : k_stems)
            if (folded.starts_with(stem)) name = meant;
    }
    const auto found =
        std::find_if(conf_keys().begin(), conf_keys().end(), [&](const ConfKey& key) { return key.name == name; });
    return found == conf_keys().end() ? nullptr : &*found;
}

/// Adds a warning; throws if the key is nearly one that keeps bad releases out.
void add_unknown_key(ParsedWatchConf& parsed, const Member& member, std::string_view text, std::string_view name) {
    const auto where = position_text(text, name, member.key_offset);
    const auto* const near = near_key(member.key);
    if (near != nullptr && near->near_miss == ConfKey::NearMiss::error)
        throw Error{
            fmt::format("reading {}: unknown key {}; did you mean '{}'?", where, quote(member.key), near->name),
            error_kind::config,
            fmt::format("'{}' keeps bad releases out, so a misspelt name is refused and not ignored", near->name)};
    parsed.unknown_keys.push_back({member.key, near == nullptr ? "" : std::string{near->name}});
    parsed.warnings.push_back(fmt::format("reading {}: unknown key {}, ignoring{}", where, quote(member.key),
                                          near == nullptr ? "" : fmt::format("; did you mean '{}'?", near->name)));
}

const Member* find_member(const std::vector<Member>& members, std::string_view key) {
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
    return found == members.end() ? nullptr : &*found;
}

void require_all(const std::vector<Member>& members, std::string_view text, std::string_view name) {
    for (const auto& key : conf_keys())
        if (key.need == ConfKey::Need::required && find_member(members, key.name) == nullptr)
            throw Error{fmt::format("reading {}: the key {} is missing", position_text(text, name, 0), quote(key.name)),
                        error_kind::config};
}

void require_program(const WatchConf& conf, const std::vector<Member>& members, std::string_view text,
                     std::string_view name) {
    const Excludes excludes{conf.exclude};
    const auto pattern = excludes.reason_against(conf.bin_name);
    if (pattern.empty()) return;
    const Place place{text, name, "BinName", find_member(members, "BinName")->value_offset};
    place.refuse(quote(conf.bin_name), fmt::format("a program that is not excluded (Exclude {})", quote(pattern)));
}

/// No host can listen on two overlapping addresses, so no release could ever start.
void require_apart(const WatchConf& conf, const std::vector<Member>& members, std::string_view text,
                   std::string_view name) {
    const auto all = conf.all_addresses();
    const auto* const last = find_member(members, conf.listen.empty() ? "HttpPort" : "Listen");
    const Place place{text, name, last->key, last->value_offset};
    if (all.size() > k_most_addresses)
        place.refuse(fmt::format("{} addresses", all.size()),
                     fmt::format("at most {}, HttpPort and Listen together", k_most_addresses));
    for (auto a = all.begin(); a != all.end(); ++a)
        for (auto b = all.begin(); b != a; ++b)
            if (overlap(*a, *b))
                place.refuse(fmt::format("{} together with {}", quote(a->text()), quote(b->text())),
                             "addresses that can be listened on at the same time");
}

} // namespace

std::vector<Address> WatchConf::all_addresses() const {
    std::vector<Address> all;
    for (auto& socket : sockets())
        all.push_back(std::move(socket.address));
    return all;
}

std::vector<NamedAddress> WatchConf::sockets() const {
    std::vector<NamedAddress> all;
    for (const auto& address : addresses)
        all.push_back({std::string{k_http_socket_name}, address});
    for (const auto& [name, address] : listen)
        all.push_back({name, address});
    return all;
}

std::string addresses_text(const std::vector<Address>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ", ") + address.text();
    return text;
}

ParsedWatchConf parse_watch_conf(std::string_view text, std::string_view name) {
    if (text.size() > k_watch_conf_limit_bytes)
        throw Error{fmt::format("reading {}: longer than {}", printable(name), size_text(k_watch_conf_limit_bytes)),
                    error_kind::config};
    ParsedWatchConf parsed;
    const auto members = parse_json_members(text, name, {k_watch_conf_limit_depth});
    for (const auto& member : members) {
        if (member.key == "$schema" && member.value.is_string()) continue; // for editors
        const auto key = std::find_if(conf_keys().begin(), conf_keys().end(),
                                      [&](const ConfKey& known) { return known.name == member.key; });
        if (key == conf_keys().end())
            add_unknown_key(parsed, member, text, name);
        else
            key->read(member, {text, name, key->name, member.value_offset}, parsed.conf);
    }
    try {
        require_all(members, text, name);
    } catch (const Error& error) {
        // A misspelt key is the likeliest reason for a missing one.
        if (parsed.warnings.empty()) throw;
        throw Error{fmt::format("{} ({})", error.what(), parsed.warnings.front()), error.kind()};
    }
    require_program(parsed.conf, members, text, name);
    require_apart(parsed.conf, members, text, name);
    return parsed;
}

} // namespace baton::site
