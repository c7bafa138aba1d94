// SPDX-License-Identifier: MIT
// The names of a site's units, and that systemd makes the same ones.
#include "deploy/units/unit_names.hpp"

#include "process.hpp"

#include <doctest/doctest.h>

#include <random>
#include <sstream>

namespace baton::deploy {
namespace {

using test::run;

TEST_CASE("the units of a site") {
    CHECK(handle_unit("shop") == "shop.service");
    CHECK(path_unit("shop") == "shop.path");
    CHECK(release_unit("shop", 42) == "shop@42.service");
    CHECK(release_pattern("shop") == "shop@*.service");
    CHECK(activation_unit("shop.socket") == "baton-activate@shop.service");
    CHECK(activation_unit(moved_listener_unit("shop", "9090")) == "baton-activate@shop@9090.service");
    CHECK(reload_unit("shop") == "baton-reload@shop.service");
    CHECK(first_listener_unit("shop") == "shop.socket");
    CHECK(moved_listener_unit("shop", "/run/shop.sock") == "shop@-run-shop.sock.socket");
    CHECK(moved_listener_unit("shop", "[::1]:8080") == "shop@\\x5b::1\\x5d:8080.socket");
}

TEST_CASE("a unit is a site's, or baton's for it, by its whole name") {
    for (const auto* const unit :
         {"shop.service", "shop.socket", "shop@1.service", "shop@-run-x.socket", "baton-activate@shop.service",
          "baton-ended@shop@1.service", "baton-pursue@shop.timer"})
        CHECK_MESSAGE(is_of_site("shop", unit), unit);
    for (const auto* const unit : {"shop2.service", "ashop.service", "baton-activate@shop2.service",
                                   "baton-look.service", "baton-pursue@a.service", "x@shop.service", "shop", ""})
        CHECK_MESSAGE(!is_of_site("shop", unit), unit);
    CHECK(is_of_site("baton-x", "baton-ended@baton-x@1.service"));
}

TEST_CASE("a release's number is read from its unit's name, and from no other name") {
    CHECK(release_of_unit("shop", release_unit("shop", 42)) == 42);
    CHECK(release_of_unit("shop", "shop@2147483647.service") == 2'147'483'647);
    for (const auto* const unit :
         {"shop@.service", "shop@0.service", "shop@-1.service", "shop@1x.service", "shop@x.service", "shop@1.socket",
          "shop.service", "shop2@1.service", "ashop@1.service", "sho@1.service", "shop@2147483648.service",
          "shop@+1.service", "shop@1.service.d", "", "@1.service"}) {
        CAPTURE(unit);
        CHECK(release_of_unit("shop", unit) == std::nullopt);
    }
}

TEST_CASE("escaping is systemd-escape's, for every byte and any mixture") {
    std::vector<std::string> texts{".",    ".a", "a.b", "..", "-", "a-b", "/", "//", "/.x", "8080", "127.0.0.1:8080",
                                   "\\x2d"};
    for (int byte = 1; byte < 256; ++byte) {
        texts.emplace_back(1, static_cast<char>(byte));
        texts.push_back("a" + texts.back() + "b");
    }
    std::mt19937 random{1}; // always the same texts
    for (int i = 0; i < 500; ++i) {
        std::string text;
        for (auto length = 1 + random() % 20; length > 0; --length)
            text += "ab./-_:\\@% \n\xC3\xA4"[random() % 14];
        texts.push_back(text);
    }
    std::vector<std::string> argv{"systemd-escape", "--"};
    argv.insert(argv.end(), texts.begin(), texts.end());
    const auto ended = run(argv);
    REQUIRE(ended.status == 0);
    std::istringstream escaped{ended.out};
    for (const auto& text : texts) {
        std::string expected;
        REQUIRE((escaped >> expected).good());
        CAPTURE(expected);
        CHECK(unit_escape(text) == expected);
    }
}

} // namespace
} // namespace baton::deploy
