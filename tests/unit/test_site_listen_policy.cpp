// SPDX-License-Identifier: MIT
// Where a site may listen: where any user may, in its own place below /run, and where root allowed it by name.
#include "site/listen/listen_policy.hpp"

#include "error_of.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

namespace baton::site {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::error_of;

bool may(const ListenPolicy& policy, const char* address) try {
    require_may_listen(policy, parse_address(address));
    return true;
} catch (const Error& error) {
    CHECK(error.kind() == error_kind::config);
    return false;
}

TEST_CASE("without root's word a site gets ports that any user may bind, and sockets directly in its own directory") {
    const ListenPolicy policy{"shop", {}};
    for (const auto* const good :
         {"1024", "8080", "127.0.0.1:8080", "[::1]:65535", "/run/shop/http.sock", "/run/shop/x"})
        CHECK_MESSAGE(may(policy, good), good);
    for (const auto* const bad :
         {"22", "1023", "0022", "127.0.0.1:80", "[::ffff:127.0.0.1]:80", "[::]:443", "/etc/victim", "/run/shop",
          "/run/shop/", "/run/shop/../x", "/run/shop/..", "/run/shop/.", "/run/shop/a/b", "/run//shop/a",
          "/run/shop//a", "/run/shopping/a", "/run/systemd/userdb/x.evil", "/var/run/shop/a", "/run/SHOP/a"})
        CHECK_MESSAGE(!may(policy, bad), bad);
}

TEST_CASE("a site with the name of the system's own place below /run has no sockets there") {
    for (const auto* const site : {"systemd", "baton", "lock", "user"})
        CHECK_FALSE(may({site, {}}, (std::string{"/run/"} + site + "/x").c_str()));
    CHECK(may({"systemd", {parse_address("/run/systemd/x")}}, "/run/systemd/x"));
}

TEST_CASE("a host that keeps more ports for root keeps them from a site too") {
    ListenPolicy policy{"shop", {}};
    policy.first_open_port = 9000;
    CHECK_FALSE(may(policy, "8080"));
    CHECK(may(policy, "9000"));
    CHECK(listen_policy("shop", {}).first_open_port >= 1024);
}

TEST_CASE("what root named is allowed in every spelling, and nothing beside it") {
    const ListenPolicy policy{"shop", {parse_address("80"), parse_address("[::1]:81"), parse_address("/srv/s.sock")}};
    for (const auto* const good : {"80", "080", "127.0.0.1:80", "[::]:80", "[0:0:0:0:0:0:0:1]:81", "/srv/s.sock"})
        CHECK_MESSAGE(may(policy, good), good);
    for (const auto* const bad :
         {"81", "[::]:81", "127.0.0.1:81", "82", "/srv/s.sock2", "/srv//s.sock", "/srv/x/../s.sock"})
        CHECK_MESSAGE(!may(policy, bad), bad);
}

TEST_CASE("a refusal names the command that allows it and keeps what was allowed") {
    const ListenPolicy policy{"shop", {parse_address("80")}};
    const auto error = error_of([&] {
        require_may_listen(policy, parse_address("443"));
        return 0;
    });
    CHECK(contains(error.what(), "listening on '443': root has not allowed it"));
    CHECK(error.hint() == "baton add --listen '80' --listen '443' shop, as root, allows it");
}

TEST_CASE("a user's own manager listens on any path, and on the ports that the kernel gives that user") {
    const auto policy = listen_policy_of_user("shop", 1000, "/run/user/1000");
    CHECK(may(policy, "65535"));
    CHECK(may(policy, "/run/user/1000/shop/http.sock"));
    CHECK(may(policy, "/srv/elsewhere"));
    auto strict = policy;
    strict.first_open_port = 1024;
    CHECK_FALSE(may(strict, "80"));
    const auto error = error_of([&] {
        require_may_listen(strict, parse_address("80"));
        return 0;
    });
    CHECK(contains(error.hint(), "sysctl --write net.ipv4.ip_unprivileged_port_start=80"));
    CHECK(may(listen_policy_of_user("shop", 0, "/run/user/0"), "80")); // root's own manager
}

TEST_CASE("a socket goes over nothing but a socket, through no symlink, and into no directory that others may write") {
    const test::Scratch scratch; // below a temporary directory that everybody may write
    const auto why = [](const fs::path& path) {
        return std::string{error_of([&] {
                               require_safe_path({Address::Family::unix_path, path, 0});
                               return 0;
                           }).what()};
    };
    CHECK(contains(why(scratch / "s"), "users other than root may write the directory"));
    CHECK(contains(why("/etc/passwd"), "something other than a socket is there"));
    CHECK(contains(why("/proc/self/s"), "is a symlink"));
    CHECK(contains(why("/etc/passwd/s"), "is not a directory"));
    CHECK(contains(why("/run/../run/s"), "'..'"));
    CHECK(contains(why("/run/s/"), "a final '/'"));
    require_safe_path({Address::Family::unix_path, "/etc/there-is-no-such-directory/s", 0});
    require_safe_path(parse_address("80"));
}

} // namespace
} // namespace baton::site
