// SPDX-License-Identifier: MIT
// Drop-ins as systemd reads them: sections, blanks, comments, continued lines.
#include "deploy/units/drop_in.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {
namespace {

TEST_CASE("the settings of a drop-in, with their sections") {
    const auto settings = parse_settings("# KillMode=none\n[Unit]\nAfter=a.service\n\n[Service]\n  KillMode = mixed \n"
                                         ";Nice=1\nSystemCallFilter=\nno setting\n");
    CHECK(settings == std::vector<Setting>{{"Unit", "After", "a.service"},
                                           {"Service", "KillMode", "mixed"},
                                           {"Service", "SystemCallFilter", ""}});
}

TEST_CASE("a line that ends in a backslash goes on in the next, past comments") {
    const auto settings = parse_settings("[Service]\nEnvironment=A=1 \\\n# a comment\n  B=2\nNice=1\n");
    REQUIRE(settings.size() == 2);
    CHECK(settings[0].value.starts_with("A=1"));
    CHECK(settings[0].value.ends_with("B=2"));
    CHECK(settings[1] == Setting{"Service", "Nice", "1"});
}

TEST_CASE("files without an end, and with carriage returns, are read") {
    CHECK(parse_settings("").empty());
    CHECK(parse_settings("[Service]\r\nNice=1\r\n") == std::vector<Setting>{{"Service", "Nice", "1"}});
    CHECK(parse_settings("[Service]\nNice=1\\") == std::vector<Setting>{{"Service", "Nice", "1\\"}});
}

TEST_CASE("of several drop-ins the last that sets it counts, and of one file its last line") {
    const std::vector<DropIn> drop_ins{{"/a", {{"Service", "Nice", "1"}, {"Service", "Nice", "2"}}},
                                       {"/b", {{"Service", "UMask", "0"}}}};
    REQUIRE(last_with(drop_ins, "Nice") != nullptr);
    CHECK(last_with(drop_ins, "Nice")->path == "/a");
    CHECK(*drop_ins[0].find("Nice") == "2");
    CHECK(last_with(drop_ins, "KillMode") == nullptr);
}

TEST_CASE("what is no file, leads nowhere or is too long is read as a drop-in without settings") {
    const test::Scratch scratch;
    std::filesystem::create_directory(scratch / "directory.conf");
    std::filesystem::create_symlink("/nowhere", scratch / "nowhere.conf");
    const auto longer = scratch.write("long.conf", "Nice=1\n" + std::string(300'000, '#'));
    for (const auto& path : {scratch / "directory.conf", scratch / "nowhere.conf", longer})
        CHECK(read_drop_in(path).settings.empty());
    CHECK(drop_in_text(longer) == "# 300007 bytes\n");
}

} // namespace
} // namespace baton::deploy
