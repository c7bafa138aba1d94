// SPDX-License-Identifier: MIT
// A site's name: narrow, for it is part of unit names, paths and a user name.
#include "site/site_name.hpp"

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
        CHECK(error.kind() == ErrorKind::usage);
        CHECK(contains(error.what(), "expected 1 to 64 of"));
    }
    CHECK_THROWS_AS(check_site_name(std::string(65, 'a')), Error);
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
