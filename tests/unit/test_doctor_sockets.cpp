// SPDX-License-Identifier: MIT
// Who listens, and how long the queues of a site's sockets may be.
#include "doctor/checks/sockets.hpp"

#include <doctest/doctest.h>

namespace baton::doctor {
namespace {

constexpr std::uint64_t k_default_backlog = 0xFFFFFFFF;

TEST_CASE("a socket that is active but listens nowhere is a finding") {
    CHECK(judge_deaf({{"shop", "shop.socket", "8080", true}}).empty());
    const auto found = judge_deaf({{"shop", "shop.socket", "8080", true}, {"shop", "shop@9.socket", "9", false}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "shop@9.socket is active, but nobody listens on 9");
}

TEST_CASE("net.core.somaxconn below what a socket asks for, or below the usual, is a finding") {
    CHECK(judge_queues({{"shop", "shop.socket", k_default_backlog, false, 4096}}).empty());
    CHECK(judge_queues({{"shop", "shop.socket", 0x7FFFFFFF, false, 4096}}).empty()); // of systemd 252
    CHECK(judge_queues({{"shop", "shop.socket", 100, true, 128}}).empty());
    auto found = judge_queues({{"shop", "shop.socket", k_default_backlog, false, 128}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "net.core.somaxconn is 128, below the usual 4096 of shop.socket");
    CHECK(found.front().type == "echo net.core.somaxconn=4096 >/etc/sysctl.d/90-baton-net.core.somaxconn.conf && "
                                "sysctl --load /etc/sysctl.d/90-baton-net.core.somaxconn.conf && "
                                "systemctl stop shop && systemctl start shop");
    found = judge_queues({{"shop", "shop.socket", 65536, true, 4096}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().what == "net.core.somaxconn is 4096, below Backlog=65536 of shop.socket");
    CHECK(found.front().type.ends_with("&& baton deploy --force shop"));
}

} // namespace
} // namespace baton::doctor
