// SPDX-License-Identifier: MIT
// The environment file of a release, read by an independent reader and passed to the real baton-exec.
#include "deploy/units/program_env.hpp"

#include "process.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace baton::deploy {
namespace {

using test::Ended;
using test::run;
using test::Scratch;

site::Manifest manifest_of(std::string bin_name, std::vector<std::string> args, std::string ver = "1") {
    site::Manifest manifest;
    manifest.release = 42;
    manifest.conf.bin_name = std::move(bin_name);
    manifest.conf.args = std::move(args);
    manifest.conf.ver = std::move(ver);
    return manifest;
}

/// Sets what the file says, then runs `command`. A shell unquotes "..." by the rules of systemd.exec(5)
/// EnvironmentFile=.
Ended with_env(const std::string& file, const std::string& command) {
    const Scratch scratch;
    return run({"/bin/sh", "-c", "set -a; . \"$1\"; exec " + command, "sh", scratch.write("env", file)});
}

TEST_CASE("the file names the program and which release it is") {
    CHECK(program_env("shop", manifest_of("bin/shop", {"-v", "a b"})) ==
          "BATON_ARGV=\"bin/shop -v "
          "a%20b\"\nBATON_SOCKETS=\"\"\nBATON_SITE=shop\nBATON_RELEASE=42\nBATON_VER=\"1\"\n");
}

TEST_CASE("the file names the release's sockets, those of HttpPort first, as what is the same socket is called") {
    auto manifest = manifest_of("b", {});
    for (const auto* const text : {"[::]:8080", "[0::1]:8081", "0.0.0.0:8082", "/run/shop/a"})
        manifest.conf.addresses.push_back(site::parse_address(text));
    manifest.conf.listen = {{"b", site::parse_address("81")}, {"a", site::parse_address("127.0.0.1:82")}};
    CHECK(program_env("shop", manifest)
              .find("\nBATON_SOCKETS=\"http=8080 http=[::1]:8081 http=0.0.0.0:8082 "
                    "http=/run/shop/a a=127.0.0.1:82 b=81\"\n") != std::string::npos);
}

TEST_CASE("Env of watch.conf stands before what is baton's, each value as it is in watch.conf") {
    auto manifest = manifest_of("b", {});
    manifest.conf.env = {{"DATABASE_URL", "postgres://u:p@h/db?x=1&y=%20"},
                         {"A", "two words\nand \"lines\" $HOME `id` \\ 'q' #x \t\x01 \xC3\xA4 "},
                         {"EMPTY", ""}};
    const auto file = program_env("shop", manifest);
    CHECK(file.starts_with("A="));
    CHECK(file.find("\nEMPTY=\"\"\nBATON_ARGV=") != file.npos);
    for (const auto& [name, value] : manifest.conf.env) {
        const auto ended = with_env(file, "printf %s \"$" + name + "\"");
        CHECK(ended.out == value);
    }
}

TEST_CASE("a version with quotes, dollars, backslashes and backticks is itself") {
    for (const std::string ver :
         {"1", "a \"b\" 'c'", "$HOME ${HOME} $(id) `id`", "a\\b\\\\", "#x ; y", "\xC3\xA4", "%s %%"}) {
        CAPTURE(ver);
        const auto ended = with_env(program_env("shop", manifest_of("b", {}, ver)), "printf %s \"$BATON_VER\"");
        CHECK(ended.status == 0);
        CHECK(ended.out == ver);
    }
}

TEST_CASE("each argument arrives as it stands in watch.conf, by way of the file and baton-exec") {
    const std::vector<std::string> args{"[%s]\\n",     "plain", "a b",          "",  "x\ny", "tab\t",
                                        "\"'`$HOME\\", "%41%",  "\xC3\xA4\x01", "-", "*"};
    const auto file = program_env("shop", manifest_of("printf", args)) + "BATON_DIRECTORY=/usr/bin\n";
    const auto ended = with_env(file, std::string{"\""} + BATON_EXEC + "\"");
    CHECK(ended.err.empty());
    CHECK(ended.status == 0);
    std::string expected;
    for (std::size_t i = 1; i < args.size(); ++i)
        expected += "[" + args[i] + "]\n";
    CHECK(ended.out == expected);
}

TEST_CASE("a site's directory with blanks and quotes in its name is no trouble") {
    const Scratch scratch;
    const auto program = scratch.write("a \"b\" $c\\d/%41 run", "#!/bin/sh\necho \"$0\"\n");
    std::filesystem::permissions(program, std::filesystem::perms{0755});
    const auto file = program_env("shop", manifest_of("%41 run", {})) +
                      "BATON_DIRECTORY=" + quote_env(program.parent_path().native()) + "\n";
    CHECK(with_env(file, std::string{"\""} + BATON_EXEC + "\"").out == program.native() + "\n");
}

} // namespace
} // namespace baton::deploy
