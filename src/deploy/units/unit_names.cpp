// SPDX-License-Identifier: MIT
#include "deploy/units/unit_names.hpp"

#include "base/number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {

std::string handle_unit(std::string_view site) {
    return fmt::format("{}.service", site);
}
std::string path_unit(std::string_view site) {
    return fmt::format("{}.path", site);
}
std::string release_unit(std::string_view site, int release) {
    return fmt::format("{}@{}.service", site, release);
}
std::string site_slice(std::string_view site, sd::Scope scope) {
    return fmt::format("{}-baton-{}.slice", scope == sd::Scope::user ? "app" : "system", unit_escape(site));
}
std::string old_release_slice(std::string_view site, sd::Scope scope) {
    return fmt::format("{}-{}.slice", scope == sd::Scope::user ? "app" : "system", unit_escape(site));
}
std::string release_template_unit(std::string_view site) {
    return fmt::format("{}@.service", site);
}
std::string release_pattern(std::string_view site) {
    return fmt::format("{}@*.service", site);
}
std::string helper_pattern(std::string_view site) {
    return fmt::format("baton-*@{}@*.service", site);
}
std::vector<std::string> activation_patterns(std::string_view site) {
    return {fmt::format("baton-activate@{}.service", site), fmt::format("baton-activate@{}@*.service", site)};
}
std::string reload_unit(std::string_view site) {
    return fmt::format("baton-reload@{}.service", site);
}
std::string pursue_unit(std::string_view site) {
    return fmt::format("baton-pursue@{}", site);
}
bool is_of_site(std::string_view site, std::string_view unit) {
    if (unit.starts_with("baton-")) unit.remove_prefix(std::min(unit.find('@') + 1, unit.size()));
    return unit.starts_with(site) && unit.size() > site.size() &&
           (unit[site.size()] == '.' || unit[site.size()] == '@');
}
std::string activation_unit(std::string_view listener) {
    return fmt::format("baton-activate@{}.service", listener.substr(0, listener.rfind(".socket")));
}
std::string listen_unit(std::string_view listener) {
    return fmt::format("baton-listen@{}.service", listener.substr(0, listener.rfind(".socket")));
}
std::string first_listener_unit(std::string_view site) {
    return fmt::format("{}.socket", site);
}

std::string moved_listener_template_unit(std::string_view site) {
    return fmt::format("{}@.socket", site);
}

std::string moved_listener_unit(std::string_view site, std::string_view address) {
    return fmt::format("{}@{}.socket", site, unit_escape(address));
}

std::string moved_listener_pattern(std::string_view site) {
    return fmt::format("{}@*.socket", site);
}

std::optional<int> release_of_unit(std::string_view site, std::string_view unit) {
    constexpr std::string_view k_suffix = ".service";
    const bool ours = unit.size() > site.size() + k_suffix.size() && unit.starts_with(site) &&
                      unit[site.size()] == '@' && unit.ends_with(k_suffix);
    if (!ours) return std::nullopt;
    unit.remove_prefix(site.size() + 1);
    unit.remove_suffix(k_suffix.size());
    return parse_number<int>(unit, 1);
}

std::string unit_escape(std::string_view text) {
    constexpr std::string_view k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.";
    std::string escaped;
    for (const char c : text) {
        const bool plain = k_plain.find(c) != k_plain.npos && !(escaped.empty() && c == '.');
        if (c == '/')
            escaped += '-';
        else if (plain)
            escaped += c;
        else
            escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return escaped;
}

} // namespace baton::deploy
