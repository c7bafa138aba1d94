// SPDX-License-Identifier: MIT
// A program that knows nothing of libbaton, in a language that every host has. tests/languages has the others, under
// more load.
#include "support/programs.hpp"
#include "support/site.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

using namespace machine;

namespace {

/// A registered site with the Python program live as Ver "1".
struct PlainSite : Site {
    explicit PlainSite(const std::string& name, std::string_view more = "", const std::string& unit = "") : Site{name} {
        if (!unit.empty()) set_unit(unit);
        upload(k_plain);
        edit("1", more);
        const auto added = add();
        REQUIRE_MESSAGE(added.status == 0, added.text());
        unwatch();
    }
    void deploy_each(const std::vector<std::string>& versions, std::string_view more = "") const {
        for (const auto& ver : versions) {
            edit(ver, more);
            const auto deployed = deploy();
            REQUIRE_MESSAGE(deployed.status == 0, deployed.text());
            wait_for_version(ver);
        }
    }
};

/// Busy kept connections, new ones, and kept ones that are idle most of the time.
const std::vector<std::string> k_traffic{"persistent=4", "fresh=50", "idle=16:ms=2000"};

} // namespace

TEST_SUITE_BEGIN("languages");

TEST_CASE("a Python program on its standard library alone is released without a failed request, deploy after deploy") {
    const PlainSite site{"plain"};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3", "4", "5", "6"});
    traffic.check_none_failed();
    for (const int release : {1, 2, 3, 4, 5}) {
        CAPTURE(release);
        wait_until("it has gone", [&] { return site.show(site.unit(release), "ActiveState") == "inactive"; });
        CHECK(site.show(site.unit(release), "Result") == "success");
    }
}

TEST_CASE("a program that never says READY=1 is released without a failed request as well, with Type=exec") {
    constexpr auto k_silent = R"(, "Env": {"SILENT": "1"})";
    const PlainSite site{"plain-silent", k_silent, "[Service]\nType=exec\n"};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3"}, k_silent);
    traffic.check_none_failed();
}

TEST_CASE("the same program without its drain loses requests: the traffic notices") {
    constexpr auto k_forgets = R"(, "Env": {"FORGETS": "1"})";
    const PlainSite site{"plain-forgets", k_forgets};
    Traffic traffic{site.address(), k_traffic};
    site.deploy_each({"2", "3", "4"}, k_forgets);
    CHECK(traffic.result().all.failed() > 0);
}

TEST_SUITE_END();
