// SPDX-License-Identifier: MIT
// What a program says when its sandbox refuses something, and the setting that allows it.
#include "deploy/tell/sandbox_advice.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace baton::deploy {
namespace {

bool advises(const std::vector<std::string>& lines, std::string_view settings) {
    const auto advice = sandbox_advice(lines, "shop");
    return advice.starts_with("; its sandbox: ") &&
           advice.ends_with("systemctl edit shop@.service, [Service], " + std::string{settings});
}

} // namespace

TEST_CASE("each language's words for the same refusal lead to the same setting") {
    const std::string state = "StateDirectory=shop, which is /var/lib/shop and $STATE_DIRECTORY";
    CHECK(advises({"OSError: [Errno 30] Read-only file system: '/var/lib/shop'"}, state));
    CHECK(advises({"Error: EROFS: read-only file system, open 'data.db'"}, state));
    CHECK(advises({"open data.db: read-only file system"}, state));
    CHECK(advises({"java.io.FileNotFoundException: data.db (Read-only file system)"}, state));
    CHECK(advises({"server.rb:3:in `initialize': Read-only file system @ rb_sysopen - data.db (Errno::EROFS)"}, state));
}

TEST_CASE("the setting is the one for what the program wanted") {
    CHECK(advises({"Read-only file system: '/var/log/shop.log'"}, "LogsDirectory=shop"));
    CHECK(advises({"Read-only file system: '/var/cache/shop'"}, "CacheDirectory=shop"));
    CHECK(advises({"EROFS: read-only file system, mkdir '/.npm'"},
                  "CacheDirectory=shop and Environment=HOME=/var/cache/shop"));
    CHECK(advises({"    os.setuid(uid)", "PermissionError: [Errno 1] Operation not permitted"},
                  "SystemCallFilter=@setuid"));
    CHECK(advises({"    os.nice(5)", "PermissionError: [Errno 1] Operation not permitted"},
                  "SystemCallFilter=@resources"));
    CHECK(advises({"setrlimit: operation not permitted"}, "LimitNOFILE=65536, or another of Limit...="));
    CHECK(advises({"chown run: Operation not permitted"}, "SystemCallFilter=@chown"));
    CHECK(advises({"Failed to move to new namespace: Operation not permitted"}, "RestrictNamespaces=no"));
    CHECK(advises({"netlink: OSError: [Errno 97] Address family not supported by protocol"},
                  "RestrictAddressFamilies=AF_NETLINK"));
    CHECK(advises({"No such file or directory: '/home'"}, "BindReadOnlyPaths= with that path"));
    CHECK(advises({"open /dev/nvidia0: no such file or directory"}, "PrivateDevices=no"));
    CHECK(advises({"accept4: too many open files"}, "LimitNOFILE=65536"));
}

TEST_CASE("a site of a user's own manager has no directories of the host's, and its home is not hidden") {
    const auto advice = [](const std::string& line) { return sandbox_advice({line}, "shop", sd::Scope::user); };
    for (const auto* const path : {"/var/log/shop", "~/.cache/shop", "data.db"})
        CHECK(advice(fmt::format("Read-only file system: '{}'", path))
                  .ends_with("StateDirectory=shop, which is $STATE_DIRECTORY, or ReadWritePaths= with the path"));
    CHECK(advice("No such file or directory: '/home'").empty());
    CHECK(advice("accept4: too many open files").ends_with("LimitNOFILE=65536"));
}

TEST_CASE("what the sandbox has nothing to do with gets no advice") {
    CHECK(sandbox_advice({}, "shop").empty());
    CHECK(sandbox_advice({"ModuleNotFoundError: No module named 'flask'"}, "shop").empty());
    CHECK(sandbox_advice({"No such file or directory: 'conf.yaml'"}, "shop").empty());
    CHECK(sandbox_advice({"Permission denied"}, "shop").empty());
}

TEST_CASE("the advice quotes nothing that the program wrote") {
    const auto advice = sandbox_advice({"secret: EROFS: read-only file system, open '/var/log/secret'"}, "shop");
    CHECK(!advice.empty());
    CHECK(advice.find("secret") == std::string::npos);
}

} // namespace baton::deploy
