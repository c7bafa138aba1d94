// SPDX-License-Identifier: MIT
// A baton::Server running on a thread of the test, on a listening socket that the test also holds, as PID 1 does.
#pragma once

#include "client.hpp"

#include "libbaton/service/service.hpp"

#include <baton/server.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace test {

/// A door that handlers wait at until the test opens it; slow requests without sleeping.
class Gate {
  public:
    void open();
    /// Counts in, and waits for open(), ten seconds at most.
    void pass();
    /// Until `count` are in, ten seconds at most; false: too few came.
    bool wait_for(int count);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

/// Short times, so that tests of them take no time.
baton::Options quick_options();

class RunningServer {
  public:
    using Routes = std::function<void(baton::Server&)>;
    explicit RunningServer(const Routes& routes = {}, baton::Options options = quick_options(),
                           std::string journal = baton::engine::AccessLog::k_journal);
    /// Another generation on the same listening socket.
    RunningServer(const RunningServer& other, const Routes& routes);
    ~RunningServer();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] Client connect() const { return Client{port_}; }
    [[nodiscard]] int listener() const { return held_.get(); }
    [[nodiscard]] baton::Server& server() { return server_; }
    /// Tells it to drain and waits until it has stopped accepting.
    void begin_drain();
    /// Waits for the end of the run; false: it did not come within `patience`.
    bool wait_until_ended(std::chrono::milliseconds patience = 10s);

    Gate gate;

  private:
    void add_routes(const Routes& routes);
    void start(const baton::Options& options);

    baton::Fd held_;
    std::uint16_t port_ = 0;
    std::string journal_;
    baton::Server server_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool draining_ = false;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace test
