// SPDX-License-Identifier: MIT
#include "deploy/tell/sandbox_advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace baton::deploy {
namespace {

using Words = std::array<std::string_view, 6>; ///< unused ones are empty

constexpr std::optional k_hosts{sd::Scope::system};

struct Denial {
    Words errors;                       ///< one of them is in a line
    Words subjects;                     ///< and one of them in the same line or another; all empty: whatever it was
    std::string_view meaning;           ///< what the sandbox does
    std::string_view settings;          ///< {}: the site
    std::optional<sd::Scope> only = {}; ///< the sandbox of the releases of such a manager
};

// strerror(3), and the names that Node and Ruby write.
constexpr Words k_read_only{"read-only file system", "erofs"};
constexpr Words k_not_permitted{"operation not permitted", "eperm"};
constexpr Words k_not_there{"no such file", "enoent"};
constexpr Words k_no_family{"address family not supported", "eafnosupport"};

// The first that fits is told, so what is more special comes first.
constexpr std::array k_denials{
    Denial{k_read_only, {"/var/log/"}, "it may write only to directories of its own", "LogsDirectory={}", k_hosts},
    Denial{k_read_only, {"/var/cache/"}, "it may write only to directories of its own", "CacheDirectory={}", k_hosts},
    Denial{k_read_only,
           {"'/.", "\"/.", " /.", "/home/", "'~", "\"~"}, // the last two: without HOME
           "it has no home directory that it may write to",
           "CacheDirectory={0} and Environment=HOME=/var/cache/{0}",
           k_hosts},
    Denial{k_read_only,
           {},
           "it may write only to /tmp and to directories of its own",
           "StateDirectory={0}, which is /var/lib/{0} and $STATE_DIRECTORY",
           k_hosts},
    Denial{k_read_only,
           {},
           "it may write only to /tmp and to directories of its own",
           "StateDirectory={0}, which is $STATE_DIRECTORY, or ReadWritePaths= with the path"},
    Denial{k_no_family,
           {"netlink", "af_packet"},
           "RestrictAddressFamilies= refuses it",
           "RestrictAddressFamilies=AF_NETLINK"},
    Denial{k_no_family, {}, "RestrictAddressFamilies= refuses it", "RestrictAddressFamilies= with the family's name"},
    Denial{{"operation not permitted", "eperm", "not allowed to raise maximum limit"},
           {"rlimit", "ulimit"},
           "it may not raise its own limits",
           "LimitNOFILE=65536, or another of Limit...="},
    Denial{k_not_permitted,
           {"setuid", "setgid", "setgroups", "initgroups", "setresuid", "setreuid"},
           "SystemCallFilter= refuses it",
           "SystemCallFilter=@setuid"},
    Denial{k_not_permitted, {"chown"}, "SystemCallFilter= refuses it", "SystemCallFilter=@chown"},
    Denial{k_not_permitted,
           {"nice", "priority", "sched", "affinity", "mempolicy"},
           "SystemCallFilter= refuses it",
           "SystemCallFilter=@resources"},
    Denial{
        k_not_permitted, {"namespace", "unshare", "clone"}, "RestrictNamespaces= refuses it", "RestrictNamespaces=no"},
    Denial{k_not_permitted,
           {},
           "SystemCallFilter= may have refused it",
           "SystemCallFilter= with the group of the call (systemd-analyze syscall-filter lists them)"},
    Denial{k_not_there, {"/home", "/root"}, "ProtectHome= hides it", "BindReadOnlyPaths= with that path", k_hosts},
    Denial{k_not_there, {"/dev/"}, "PrivateDevices= hides it", "PrivateDevices=no"},
    Denial{{"too many open files", "emfile"}, {}, "LimitNOFILE= is too low for it", "LimitNOFILE=65536"},
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool has_one_of(std::string_view text, const Words& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return !word.empty() && text.find(word) != text.npos; });
}

} // namespace

std::string sandbox_advice(const std::vector<std::string>& lines, std::string_view site, sd::Scope scope) {
    std::string text;
    for (const auto& line : lines)
        text += lower(line) + '\n';
    for (const auto& [errors, subjects, meaning, settings, only] : k_denials)
        if (only.value_or(scope) == scope && has_one_of(text, errors) &&
            (subjects.front().empty() || has_one_of(text, subjects)))
            return fmt::format("; its sandbox: {}; systemctl edit {}@.service, [Service], {}", meaning, site,
                               fmt::format(fmt::runtime(settings), site));
    return {};
}

} // namespace baton::deploy
