// SPDX-License-Identifier: MIT
// What messages tell people to type, for a site of their own service manager.
#include "deploy/tell/typed.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <doctest/doctest.h>

namespace baton::deploy {
namespace {

std::string for_user(const std::string& text) {
    return typed_for(sd::Scope::user, text);
}

TEST_CASE("a command in a message is that of one's own manager, and a word of a sentence is not a command") {
    CHECK(for_user("systemctl start shop") == "systemctl --user start shop");
    CHECK(
        for_user("baton status shop; systemctl reload shop deploys it, journalctl -u shop -n 50 shows it") ==
        "baton --user status shop; systemctl --user reload shop deploys it, journalctl --user -u shop -n 50 shows it");
    CHECK(for_user("NotifyAccess=all (systemctl edit) allows it") ==
          "NotifyAccess=all (systemctl --user edit) allows it");
    CHECK(for_user("the site's directory 'my systemctl dir' is gone: systemctl start shop") ==
          "the site's directory 'my systemctl dir' is gone: systemctl --user start shop");
    for (const auto* const text :
         {"baton restarts it", "reading '/srv/my systemctl dir': it is missing", "see /usr/bin/baton add",
          "baton --user status", "my-systemctl x", "it exited\n  | try: systemctl start postgresql"})
        CHECK(for_user(text) == text);
    CHECK(typed_for(sd::Scope::system, "systemctl start shop") == "systemctl start shop");
}

TEST_CASE("an error keeps its kind") {
    const auto error = typed_for(sd::Scope::user, Error{"no", error_kind::busy, "baton status"});
    CHECK(error.what() == std::string{"no"});
    CHECK(error.kind() == error_kind::busy);
    CHECK(error.hint() == "baton --user status");
}

} // namespace
} // namespace baton::deploy
