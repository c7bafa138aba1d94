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

unsigned first_open_port() try {
    const auto text = read_file(k_sysctl, 64).value_or("");
    const auto port = parse_number<unsigned>(std::string_view{text}.substr(0, text.find('\n')));
    return std::max(port.value_or(0), k_first_open_port);
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

[[noreturn]] void refuse_path(const std::string& path, const std::string& why) {
    throw Error{fmt::format("listening on {}: {}", quote(path), why), ErrorKind::config,
                "expected a path whose directories only root may write, with nothing or a socket at its end"};
}

void require_roots(const struct stat& st, const std::string& path, const fs::path& directory) {
    if (S_ISLNK(st.st_mode)) refuse_path(path, fmt::format("{} is a symlink", quote(directory.native())));
    if (!S_ISDIR(st.st_mode)) refuse_path(path, fmt::format("{} is not a directory", quote(directory.native())));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse_path(path, fmt::format("users other than root may write the directory {}", quote(directory.native())));
}

} // namespace

ListenPolicy listen_policy(std::string site, std::vector<Address> named) {
    return {std::move(site), std::move(named), first_open_port()};
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
    throw Error{
        fmt::format("listening on {}: root has not allowed it; expected a port from {} on, a unix socket directly "
                    "in {}/{}/, or an address that root named",
                    quote(address.text()), policy.first_open_port, policy.run_directory, policy.site),
        ErrorKind::config, command(policy, address) + ", as root, allows it"};
}

void require_safe_path(const Address& address) {
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
        if (!next && errno == ENOENT) return; // PID 1 makes it, and root owns it
        if (!next || ::fstat(next.get(), &st) < 0)
            throw errno_error(fmt::format("looking at {}", quote(so_far.native())));
        require_roots(st, address.host, so_far);
        at = std::move(next);
    }
    if (::fstatat(at.get(), path.filename().c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT) return;
        throw errno_error(fmt::format("looking at {}", quote(address.host)));
    }
    if (!S_ISSOCK(st.st_mode)) refuse_path(address.host, "something other than a socket is there");
}

} // namespace baton::site
