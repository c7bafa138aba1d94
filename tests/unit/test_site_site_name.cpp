// SPDX-License-Identifier: MIT
// A site's name: narrow, because it is part of unit names, paths and a user name.
#include "site/directory/site_name.hpp"

#include "error_of.hpp"

#include <doctest/doctest.h>

#include <set>

namespace baton::site {
namespace {

using test::contains;
using test::error_of;

TEST_CASE("a name of letters, digits and . _ - is accepted") {
    for (const auto& name :
         {std::string{"shop"}, std::string{"a"}, std::string{"7"}, std::string{"shop-2.test_x"}, std::string(64, 'a')})
        CHECK_NOTHROW(check_site_name(name));
}

TEST_CASE("a name that a unit, a path or a shell would take for something else is refused") {
    using namespace std::string_view_literals;
    for (const auto name : {""sv, "."sv, ".."sv, "-x"sv, "_x"sv, ".x"sv, "a/b"sv, "a b"sv, "a@1"sv, "Shop"sv, "a\n"sv,
                            "a\0b"sv, "%p"sv, "\xC3\xA4"sv, "a\\x2d"sv, "a:b"sv, "a*"sv}) {
        CAPTURE(name);
        const auto error = error_of([&] { check_site_name(name); });
        CHECK(error.kind() == error_kind::usage);
        CHECK(contains(error.what(), "expected 1 to 64 of"));
    }
    CHECK_THROWS_AS(check_site_name(std::string(65, 'a')), Error);
}

TEST_CASE("a name whose place below /run or whose units are the system's is refused to a new site") {
    for (const auto* const name : {"systemd", "dbus", "lock", "user", "udev", "baton", "baton-reload", "systemd-x"}) {
        CAPTURE(name);
        CHECK_NOTHROW(check_site_name(name)); // one that is registered can be removed
        CHECK(is_reserved_site_name(name));
        const auto error = error_of([&] { check_new_site_name(name); });
        CHECK(error.kind() == error_kind::usage);
        CHECK(contains(error.what(), "is reserved for the system"));
    }
    for (const auto* const name : {"shop", "users", "batons", "systemds", "my-systemd", "my-baton-shop"})
        CHECK_NOTHROW(check_new_site_name(name));
    CHECK_THROWS_AS(check_new_site_name("a b"), Error);
}

TEST_CASE("a name that ends as a unit's does is refused to a new site: systemctl would take it for that unit") {
    for (const auto* const name : {"x.service", "shop.socket", "multi-user.target", "a.b.timer"}) {
        CAPTURE(name);
        CHECK_NOTHROW(check_site_name(name));
        CHECK(contains(error_of([&] { check_new_site_name(name); }).what(), "ends like a systemd unit"));
    }
    for (const auto* const name : {"service", "shop.test", "socket-shop", "a.services"})
        CHECK_NOTHROW(check_new_site_name(name));
}

TEST_CASE("every site has a user name of its own that useradd(8) would take") {
    std::set<std::string> names;
    const auto long_name = std::string(26, 'a');
    for (const auto& site : {std::string{"shop"}, std::string{"shop.test"}, std::string{"shop-test"},
                             std::string(25, 'a'), long_name, long_name + "b", std::string(64, 'z')}) {
        const auto user = user_name(site);
        CAPTURE(user);
        CHECK(user.size() <= 31);
        CHECK(user.starts_with("baton-"));
        CHECK(user.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == user.npos);
        CHECK(names.insert(user).second);
        CHECK(user_name(site) == user);
    }
    CHECK(user_name("shop") == "baton-shop");
}

} // namespace
} // namespace baton::site
