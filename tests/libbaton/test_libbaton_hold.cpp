// SPDX-License-Identifier: MIT
// A release that starts held: it leaves the shared socket alone until it is told to accept, or until the `baton` that
// holds it dies; then the live link decides.
#include "program.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <utility>

using namespace test;
namespace fs = std::filesystem;

namespace {

/// A process that stands in for `baton`.
class Holder {
  public:
    Holder() : pid_{::fork()} {
        if (pid_ == 0)
            for (;;)
                (void)::pause();
    }
    ~Holder() { die(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    [[nodiscard]] std::string pid() const { return std::to_string(pid_); }
    void die() {
        if (pid_ <= 0) return;
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }

  private:
    pid_t pid_;
};

/// Release 8, held; `live` is the release that the live link names.
struct HeldRelease {
    explicit HeldRelease(const std::string& live) : HeldRelease{live, Holder{}.pid()} {}
    HeldRelease(const std::string& live, const std::string& holder)
        : listener{listen_tcp(AF_INET, port)}, private_path{site.path() / "private"}, link{site.path() / "live"} {
        fs::create_symlink("releases/" + live, link);
        program = std::make_unique<Program>(site, ProgramSetup{.listeners = {listener.get()},
                                                               .environment = {{"BATON_PRIVATE_SOCKET", private_path},
                                                                               {"BATON_RELEASE", "8"},
                                                                               {"BATON_HOLD", holder},
                                                                               {"BATON_LIVE", link}}});
    }
    [[nodiscard]] std::string state() const { return Client{private_path.string()}.get("/.baton/state")->body; }

    const TemporaryDirectory site;
    std::uint16_t port = 0;
    baton::Fd listener;
    fs::path private_path;
    fs::path link;
    std::unique_ptr<Program> program;
};

} // namespace

TEST_CASE("a held release says READY and accepts when it is told to") {
    const Holder holder;
    const HeldRelease release{"7", holder.pid()};
    REQUIRE(release.program->notifies("READY=1"));
    Client client{release.port};
    client.send(get_request("/healthz"));
    CHECK(release.state().find(R"("state":"held")") != std::string::npos);
    CHECK(client.stays_silent(100ms));
    Client host{release.private_path.string()};
    host.send("POST /.baton/accept HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    CHECK(host.read_reply()->status == 204);
    CHECK(client.read_reply()->body == "ok\n");
}

TEST_CASE("a held release whose baton dies after the switch to it accepts by itself") {
    Holder holder;
    const HeldRelease release{"8", holder.pid()};
    REQUIRE(release.program->notifies("READY=1"));
    CHECK(release.state().find(R"("state":"held")") != std::string::npos);
    holder.die();
    CHECK(Client{release.port}.get("/healthz")->status == 200);
}

TEST_CASE("a held release whose baton dies before the switch to it leaves with a failure") {
    Holder holder;
    const HeldRelease release{"7", holder.pid()};
    REQUIRE(release.program->notifies("READY=1"));
    holder.die();
    CHECK(release.program->wait() == 1);
    CHECK(release.program->errors().find("baton died before it had switched") != std::string::npos);
}

TEST_CASE("a release that starts when its baton has died already: the live link decides") {
    const HeldRelease abandoned{"7"};
    CHECK(abandoned.program->wait() == 1);
    const HeldRelease live{"8"};
    REQUIRE(live.program->notifies("READY=1"));
    CHECK(Client{live.port}.get("/healthz")->status == 200);
}
