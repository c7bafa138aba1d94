// SPDX-License-Identifier: MIT
// The deployer's terminal disappears in the middle, as when an ssh session ends: the deploy continues.
#include "support/gate.hpp"
#include "support/programs.hpp"
#include "support/site.hpp"

#include <csignal>

using namespace machine;

namespace {

/// A command with a terminal of its own, which hang_up() takes away: the kernel then sends SIGHUP, and writing fails.
class OnTerminal {
  public:
    explicit OnTerminal(const std::string& command)
        : script_{{"setsid", "script", "--quiet", "--command", "exec " + command, "/dev/null"}} {}
    void hang_up() {
        script_.kill(SIGKILL);
        (void)script_.wait();
    }

  private:
    Process script_;
};

} // namespace

TEST_SUITE_BEGIN("hangup");

TEST_CASE("a deploy whose ssh session ends goes on, and is not begun anew by somebody else") {
    ServingSite site{"hung-up"};
    site.unwatch();
    Gate gate;
    site.edit("2", R"(, "Args": ["--wait-at=)" + gate.path() + "\"]");
    OnTerminal terminal{"baton deploy hung-up"};
    gate.wait_for_arrival();
    Journal journal{site.name()};
    terminal.hang_up();
    CHECK(run({"pgrep", "-f", "^baton deploy hung-up"}).status == 0);
    gate.open();
    (void)journal.wait_for(Event::release_live);
    CHECK(site.live() == 2);
    CHECK(get(site.address()).ver == "2");
    CHECK(journal.count(Event::recovered) == 0);
    wait_until("it has ended", [] { return run({"pgrep", "-f", "^baton deploy hung-up"}).status != 0; });
}

TEST_CASE("a roll back whose terminal is gone, so that it can tell nothing, ends all the same") {
    ServingSite site{"hung-back"};
    site.unwatch();
    site.edit("2");
    REQUIRE(site.deploy().status == 0);
    const auto rolled = shell("baton rollback hung-back 1 >&- 2>&-");
    CHECK(rolled.status == 0);
    CHECK(get(site.address()).ver == "1");
    const auto full = shell("baton rollback hung-back 2 >/dev/full 2>/dev/full");
    CHECK(full.status == 0);
    CHECK(get(site.address()).ver == "2");
}

TEST_SUITE_END();
