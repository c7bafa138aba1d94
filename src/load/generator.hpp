// SPDX-License-Identifier: MIT
// A run of the load generator: takes a Config, makes the requests in one thread, gives a Result. It prints nothing.
#pragma once

#include "load/config.hpp"
#include "load/result.hpp"

#include <memory>

namespace baton::load {

/// Either run() in the calling thread, or start() and later wait(). A generator runs once.
class Generator {
  public:
    /// Checks `config` and looks up the target. Throws Error: usage when the configuration is wrong.
    explicit Generator(Config config);
    /// Stops, and waits for the pending requests (at most the timeout).
    ~Generator();
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

    /// Makes requests until a stop is due, waits for the pending ones and returns what was found. Throws Error when the
    /// event loop itself fails; failed requests are no errors.
    Result run();

    /// run() in a thread of its own. Call wait() for its result.
    void start();
    /// Waits until every mode has had a good reply; false when that takes longer than `limit`, or the run ended first.
    [[nodiscard]] bool wait_ready(Duration limit);
    /// Waits for the end of what start() began; throws what run() threw.
    Result wait();

    /// No new requests from now on. Any thread, any time, signal handlers too.
    void stop() noexcept;

  private:
    class Run;
    std::unique_ptr<Run> run_;
};

/// Raises the soft limit on descriptors to the hard one, setrlimit(2). For programs; false when it cannot.
bool raise_descriptor_limit() noexcept;

} // namespace baton::load
