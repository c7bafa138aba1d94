// SPDX-License-Identifier: MIT
#include "site/listen/listen_policy.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "site/directory/site_name.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace baton::site {
namespace fs = std::filesystem;
namespace {

using Family = Address::Family;

constexpr unsigned k_first_open_port = 1024; // a host may set a lower one, but by custom lower ports belong to others
constexpr auto k_sysctl = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

/// The first port that the kernel lets every user bind.
unsigned first_unprivileged_port() try {
    const auto text = read_file(k_sysctl, 64).value_or("");
    const auto port = parse_number<unsigned>(std::string_view{text}.substr(0, text.find('\n')));
    return port.value_or(k_first_open_port);
} catch (const Error&) {
    return k_first_open_port;
}

in6_addr bytes_of(const Address& address) {
    in6_addr bytes{};
    const int family = address.family == Family::ipv4 ? AF_INET : AF_INET6;
    (void)::inet_pton(family, address.host.c_str(), &bytes);
    return bytes;
}

bool is_tcp(const Address& address) {
    return address.family != Family::unix_path;
}

bool is_named(const ListenPolicy& policy, const Address& address) {
    return std::any_of(policy.named.begin(), policy.named.end(), [&](const Address& named) {
        const bool every_host = named.family == Family::any && is_tcp(address) && named.port == address.port;
        return every_host || same_socket(named, address);
    });
}

bool is_open(const ListenPolicy& policy, const Address& address) {
    if (is_tcp(address)) return address.port >= policy.first_open_port;
    if (policy.is_users) return true;                     // require_safe_path() looks at it
    if (is_reserved_site_name(policy.site)) return false; // a site that an older baton registered
    const fs::path path{address.host};
    return path.parent_path() == fs::path{policy.run_directory} / policy.site && path.has_filename() &&
           path.lexically_normal().native() == path.native();
}

std::string command(const ListenPolicy& policy, const Address& address) {
    std::string options;
    for (const auto& named : policy.named)
        options += fmt::format("--listen {} ", quote(named.text()));
    options += "--listen " + quote(address.text());
    return policy.is_registered ? fmt::format("baton add {} {}", options, policy.site)
                                : fmt::format("baton add {} DIR {}", policy.site, options);
}

[[noreturn]] void refuse_port(const ListenPolicy& policy, const Address& address) {
    throw Error{fmt::format("listening on {}: the kernel lets a user other than root use ports from {} on",
                            quote(address.text()), policy.first_open_port),
                error_kind::config,
                fmt::format("choose another port; or, as root: sysctl --write net.ipv4.ip_unprivileged_port_start={}",
                            address.port)};
}

[[noreturn]] void refuse_path(const std::string& path, const std::string& why) {
    throw Error{fmt::format("listening on {}: {}", quote(path), why), error_kind::config,
                "expected a path whose directories nobody else may write, with nothing or a socket at its end"};
}

void require_owned(const struct stat& st, const std::string& path, const fs::path& directory, uid_t owner) {
    if (S_ISLNK(st.st_mode)) refuse_path(path, fmt::format("{} is a symlink", quote(directory.native())));
    if (!S_ISDIR(st.st_mode)) refuse_path(path, fmt::format("{} is not a directory", quote(directory.native())));
    const bool is_owned = st.st_uid == 0 || st.st_uid == owner;
    if (!is_owned || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse_path(path, fmt::format("users other than {} may write the directory {}", owner == 0 ? "root" : "you",
                                      quote(directory.native())));
}

} // namespace

ListenPolicy listen_policy(std::string site, std::vector<Address> named) {
    return {std::move(site), std::move(named), std::max(first_unprivileged_port(), k_first_open_port)};
}

ListenPolicy listen_policy_of_user(std::string site, uid_t owner, const fs::path& runtime) {
    return {.site = std::move(site),
            .named = {},
            .first_open_port = owner == 0 ? 1 : first_unprivileged_port(),
            .run_directory = runtime,
            .is_users = true};
}

bool same_socket(const Address& a, const Address& b) {
    if (a.family != b.family || a.port != b.port) return false;
    if (!is_tcp(a) || a.family == Family::any) return a.host == b.host;
    const auto left = bytes_of(a);
    const auto right = bytes_of(b);
    return IN6_ARE_ADDR_EQUAL(&left, &right);
}

void require_may_listen(const ListenPolicy& policy, const Address& address) {
    if (is_named(policy, address) || is_open(policy, address)) return;
    if (policy.is_users) refuse_port(policy, address);
    throw Error{
        fmt::format("listening on {}: root has not allowed it; expected a port from {} on, a unix socket directly "
                    "in {}/{}/, or an address that root named",
                    quote(address.text()), policy.first_open_port, policy.run_directory, policy.site),
        error_kind::config, command(policy, address) + ", as root, allows it"};
}

void require_safe_path(const Address& address, uid_t owner) {
    if (is_tcp(address)) return;
    const fs::path path{address.host};
    if (path.lexically_normal().native() != path.native() || !path.has_filename())
        refuse_path(address.host, "found '.', '..', '//' or a final '/' in it");
    Fd at{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    fs::path so_far{"/"};
    struct stat st = {};
    for (const auto& part : path.parent_path().relative_path()) {
        so_far /= part;
        Fd next{::openat(at.get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
        if (!next && errno == ENOENT) return; // the manager makes it, and its user owns it
        if (!next || ::fstat(next.get(), &st) < 0)
            throw errno_error(fmt::format("looking at {}", quote(so_far.native())));
        require_owned(st, address.host, so_far, owner);
        at = std::move(next);
    }
    if (::fstatat(at.get(), path.filename().c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT) return;
        throw errno_error(fmt::format("looking at {}", quote(address.host)));
    }
    if (!S_ISSOCK(st.st_mode)) refuse_path(address.host, "something other than a socket is there");
}

} // namespace baton::site
