// SPDX-License-Identifier: MIT
// Findings as lines, and the commands in them as a shell reads them.
#include "doctor/finding.hpp"

#include "base/text.hpp"

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

namespace baton::doctor {
namespace {

int typed(const std::string& command) {
    return std::system(command.c_str()); // NOLINT: as a person would
}

TEST_CASE("a finding is one line: what, why, and what to type") {
    CHECK(Finding{"shop.path is failed", "edits go unseen", "systemctl restart shop.path"}.line() ==
          "shop.path is failed; edits go unseen: systemctl restart shop.path");
    CHECK(Finding{"it was edited", "it is being deployed", ""}.line() == "it was edited; it is being deployed");
}

TEST_CASE("a word is quoted for the shell only where it must be") {
    CHECK(shell_word("/etc/systemd/system/shop@.service.d/override.conf") ==
          "/etc/systemd/system/shop@.service.d/override.conf");
    CHECK(shell_word("") == "''");
    CHECK(shell_word("a b") == "'a b'");
    CHECK(shell_word("it's") == R"('it'\''s')");
    CHECK(shell_word("$(reboot)") == "'$(reboot)'");
}

TEST_CASE("a setting is deleted from a drop-in, and no other that begins with its name") {
    const test::Scratch scratch;
    const auto file = scratch.write("odd name's.conf", "[Service]\nKillMode=none\n  KillMode = process\n"
                                                       "KillModeration=1\n#KillMode=x\nNice=1\n");
    REQUIRE(typed(without_setting("KillMode", file)) == 0);
    CHECK(test::content_of(file) == "[Service]\nKillModeration=1\n#KillMode=x\nNice=1\n");
}

TEST_CASE("a setting of a drop-in that is a link is deleted where the link leads") {
    const test::Scratch scratch;
    const auto file = scratch.write("real.conf", "[Service]\nKillMode=none\n");
    std::filesystem::create_symlink(file, scratch / "link.conf");
    REQUIRE(typed(without_setting("KillMode", scratch / "link.conf")) == 0);
    CHECK(std::filesystem::is_symlink(scratch / "link.conf"));
    CHECK(test::content_of(file) == "[Service]\n");
}

TEST_CASE("text is replaced in a file where it is once on one line; otherwise an editor is for it") {
    const test::Scratch scratch;
    const std::string text = "{\"a\" :  1, \"b\": 2}\n";
    const auto file = scratch.write("odd name's.conf", text);
    REQUIRE(typed(with_replaced(file, text, "\"a\" :  1", "\"a\": 3")) == 0);
    CHECK(test::content_of(file) == "{\"a\": 3, \"b\": 2}\n");
    for (const auto* const other : {"", "{\"a\":\n1}", "[{\"a\": 1}, {\"a\": 1}]"})
        CHECK(with_replaced("/srv/x", other, "\"a\": 1", "") == "editor /srv/x");
}

} // namespace
} // namespace baton::doctor
