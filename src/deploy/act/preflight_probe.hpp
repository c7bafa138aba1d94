// SPDX-License-Identifier: MIT
// The questions of a preflight to a release that runs on sockets of its own. They wait for the program, so a thread
// asks them, and the pursuit goes on meanwhile: the live release may fail, and somebody may edit watch.conf.
#pragma once

#include "base/fd.hpp"
#include "deploy/act/health.hpp"
#include "deploy/units/preflight_sockets.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace baton::deploy {

class PreflightProbe {
  public:
    struct Questions {
        HealthCheck health;                                ///< path empty: there is no HealthPath
        std::chrono::steady_clock::time_point accept_by{}; ///< it must have accepted on each socket
        std::chrono::milliseconds accept_limit{};          ///< the same, for the message
        std::filesystem::path program;                     ///< for advice
    };
    struct Answer {
        bool is_held = false;     ///< libbaton holds it back, and it says so on its private socket
        std::string step = {};    ///< of the failure: "preflight" or "health"
        std::string failure = {}; ///< what it does instead; empty: it serves
    };

    /// `sockets` must outlive this.
    PreflightProbe(const PreflightSockets& sockets, Questions questions);
    ~PreflightProbe();
    PreflightProbe(const PreflightProbe&) = delete;
    PreflightProbe& operator=(const PreflightProbe&) = delete;

    /// Readable when there is an answer.
    [[nodiscard]] int descriptor() const noexcept { return done_.get(); }
    [[nodiscard]] std::optional<Answer> answer() const;

  private:
    struct Stopped {};

    [[nodiscard]] Answer ask();
    [[nodiscard]] bool is_held_back() const;
    /// A connection that the program has accepted; none if libbaton turns out to hold it back.
    [[nodiscard]] Fd accepted(const std::string& name, int listener);
    void ask_for_health(int listener, Fd connection);
    [[nodiscard]] std::string elsewhere() const;
    void sleep(std::chrono::milliseconds time) const;
    void go_on() const;

    const PreflightSockets& sockets_;
    const Questions questions_;
    Fd done_;
    std::atomic<bool> stops_{false};
    mutable std::mutex mutex_;
    std::optional<Answer> answer_;
    std::thread thread_;
};

} // namespace baton::deploy
