// SPDX-License-Identifier: MIT
// A run of the load generator: takes a Config, makes the requests in one thread, returns a Result. It prints nothing.
#pragma once

#include "load/config.hpp"
#include "load/result.hpp"

#include <memory>

namespace baton::load {

/// Call either run(), in the calling thread, or start() and later wait(). A generator runs once.
class Generator {
  public:
    /// Checks `config` and resolves the target. Throws Error: usage if the configuration is wrong.
    explicit Generator(Config config);
    /// Stops, and waits for the pending requests (at most the timeout).
    ~Generator();
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

    /// Makes requests until a stop is due, waits for the pending ones and returns the result. Throws Error if the event
    /// loop itself fails; failed requests are not errors.
    Result run();

    /// Calls run() in its own thread. Call wait() for the result.
    void start();
    /// Waits until every mode has had a good reply; false if that takes longer than `limit`, or the run ends first.
    [[nodiscard]] bool wait_ready(Duration limit);
    /// Waits for the run that start() began; throws what run() threw.
    Result wait();

    /// Begins no new requests. Callable from any thread at any time, also from signal handlers.
    void stop() noexcept;

  private:
    class Run;
    std::unique_ptr<Run> run_;
};

/// Raises the soft limit on descriptors to the hard one, setrlimit(2). For programs; false on failure.
bool raise_descriptor_limit() noexcept;

} // namespace baton::load
