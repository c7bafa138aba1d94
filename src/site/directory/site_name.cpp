// SPDX-License-Identifier: MIT
#include "site/directory/site_name.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace baton::site {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_longest_name = 64;
constexpr std::size_t k_longest_user = 31; // UT_NAMESIZE - 1, systemd's valid_user_group_name()
constexpr std::string_view k_allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr auto k_alphanumeric = k_allowed.substr(0, 36);
// Names below /run, now or in some release, of systemd, of the initial RAM disk and of Debian's base system.
constexpr std::array k_reserved{"baton"sv,    "credentials"sv, "cryptsetup"sv, "dbus"sv,    "host"sv,    "init"sv,
                                "initctl"sv,  "initramfs"sv,   "lock"sv,       "log"sv,     "machine"sv, "machines"sv,
                                "media"sv,    "mount"sv,       "netns"sv,      "network"sv, "nologin"sv, "nscd"sv,
                                "polkit-1"sv, "private"sv,     "reboot"sv,     "shm"sv,     "sshd"sv,    "sudo"sv,
                                "system"sv,   "systemd"sv,     "udev"sv,       "user"sv,    "userdb"sv,  "utmp"sv};
constexpr std::array k_reserved_prefixes{"baton-"sv, "systemd-"sv};

} // namespace

bool is_site_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= k_longest_name && k_alphanumeric.find(name[0]) != name.npos &&
           name.find_first_not_of(k_allowed) == name.npos;
}

void check_site_name(std::string_view name) {
    if (is_site_name(name)) return;
    throw Error{fmt::format("reading the site's name: found {}, expected 1 to {} of a-z, 0-9, '.', '_' and '-', "
                            "beginning with a letter or digit",
                            quote(name), k_longest_name),
                error_kind::usage};
}

bool is_reserved_site_name(std::string_view name) noexcept {
    return std::find(k_reserved.begin(), k_reserved.end(), name) != k_reserved.end() ||
           std::any_of(k_reserved_prefixes.begin(), k_reserved_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void check_new_site_name(std::string_view name) {
    check_site_name(name);
    // systemctl treats such a name as a unit of that type.
    constexpr std::array<std::string_view, 11> k_types{".service",   ".socket", ".path",  ".timer", ".target", ".mount",
                                                       ".automount", ".swap",   ".slice", ".scope", ".device"};
    for (const auto type : k_types)
        if (name.ends_with(type))
            throw Error{fmt::format("reading the site's name: {} ends like a systemd unit, in {}", quote(name), type),
                        error_kind::usage, fmt::format("for example '{}'", name.substr(0, name.size() - type.size()))};
    if (is_reserved_site_name(name))
        throw Error{
            fmt::format("reading the site's name: {} is reserved for the system: /run/{} or units of that name cannot "
                        "be a site's",
                        quote(name), name),
            error_kind::usage, "choose another name"};
}

std::string user_name(std::string_view site) {
    auto name = fmt::format("baton-{}", site);
    if (name.size() <= k_longest_user && name.find('.') == name.npos) return name;
    constexpr std::size_t k_digest_digits = 16;
    return "baton-" + sha256_hex(site).substr(0, k_digest_digits);
}

} // namespace baton::site
