// SPDX-License-Identifier: MIT
// One client, step by step: the meaning of a close before the next request was sent, and after.
#include "runs.hpp"

#include "load/client.hpp"

#include <doctest/doctest.h>

#include <future>
#include <sys/socket.h>

namespace baton::load::test {
namespace {

using namespace std::chrono_literals;

/// A client whose batches are begun by hand; the loop runs until one is over or a time has passed.
struct Bench final : Client::Driver {
    explicit Bench(const std::string& address) : target{address}, config{config_for(address, "persistent=1", 1)} {}

    void on_batch_over(Client&, Client::Outcome, TimePoint) override { loop.quit(); }
    void run_for(Duration time) {
        Timer limit{loop, [this](TimePoint) { loop.quit(); }};
        limit.arm(Clock::now() + time);
        loop.run();
    }

    EventLoop loop;
    Target target;
    Config config;
    Tally tally{config.modes};
    std::unique_ptr<Script> script = make_script(config.modes[0], config, target, tally.roster());
    Client client{{loop, tally, target, *script, 0, 5s, true}, *this};
};

/// A server that answers one request a connection and closes the first connection when told.
struct Closer {
    std::promise<void> close;
    std::promise<void> closed;
    RawServer server{[this](Peer& peer) {
        if (!peer.read_request()) return;
        peer.send(hello("1", "7"));
        if (peer.number() > 0) return peer.wait_for_end();
        close.get_future().wait();
        peer.send_and_finish({}); // sends the FIN, and returns when the client has gone
    }};
};

/// Until the kernel of this side has the FIN: a loopback segment is delivered within the sender's system call, but the
/// sender is another thread.
void wait_for_fin(Bench& bench) {
    while (!bench.client.ended_unseen())
        std::this_thread::sleep_for(1ms);
}

TEST_CASE("a connection that the server closes between two requests is no failure: seen by the loop") {
    Closer closer;
    Bench bench{closer.server.target()};
    bench.client.begin(Clock::now());
    bench.run_for(5s);
    closer.close.set_value();
    wait_for_fin(bench);
    bench.run_for(1ms);
    bench.client.begin(Clock::now());
    bench.run_for(5s);
    const auto result = bench.tally.result();
    CHECK(result.all.answered == 2);
    CHECK(result.all.failed() == 0);
    CHECK(result.closed_idle == 1);
}

TEST_CASE("a connection that the server closes between two requests is no failure: seen by looking before sending") {
    Closer closer;
    Bench bench{closer.server.target()};
    bench.client.begin(Clock::now());
    bench.run_for(5s);
    closer.close.set_value();
    wait_for_fin(bench);
    bench.client.begin_after_pause(Clock::now());
    bench.run_for(5s);
    const auto result = bench.tally.result();
    CHECK(result.all.answered == 2);
    CHECK(result.all.failed() == 0);
    CHECK(result.closed_idle == 1);
}

TEST_CASE("a request sent before the close was seen gets no answer, and is a failure") {
    Closer closer;
    Bench bench{closer.server.target()};
    bench.client.begin(Clock::now());
    bench.run_for(5s);
    closer.close.set_value();
    wait_for_fin(bench);
    bench.client.begin(Clock::now());
    bench.run_for(5s);
    const auto result = bench.tally.result();
    CHECK(result.all.answered == 1);
    CHECK(only(result, Failure::closed_reused, 1));
    CHECK(result.closed_idle == 0);
}

} // namespace
} // namespace baton::load::test
